//! Hyperscan in a child process: `peers/hyperscan.c` with Debian's library. It reads commands line
//! by line and reports its CPU time, so that no C code is linked into the harness.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};

use super::{Peer, PeerSetting};
use crate::hits::Place;

pub(crate) struct HyperscanPeer {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
    /// The texts that the process has: their number and total length.
    loaded: Option<(usize, usize)>,
}

impl HyperscanPeer {
    pub(crate) fn build(patterns: &[String], setting: &PeerSetting) -> anyhow::Result<Self> {
        let Some(program) = &setting.hyperscan else {
            bail!("Debian's libhyperscan-dev is not to be had here");
        };
        let file = setting.folder.join("literals");
        fs::write(&file, patterns.join("\n"))?;
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (asked, answers) = (child.stdin.take(), child.stdout.take());
        let (asked, answers) = asked.zip(answers).context("its standard streams are pipes")?;
        let folder = setting.folder.clone();
        let mut own = Self { child, asked, answers: BufReader::new(answers), folder, loaded: None };
        own.ask(&format!("compile {}", file.display()))?;
        Ok(own)
    }

    /// Sends a line. Returns the words of the response after its `ok`.
    fn ask(&mut self, line: &str) -> anyhow::Result<String> {
        writeln!(self.asked, "{line}")?;
        self.asked.flush()?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            bail!("the hyperscan process ended: {}", self.child.wait()?);
        }
        match answer.trim().strip_prefix("ok") {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => bail!("hyperscan says: {}", answer.trim()),
        }
    }

    /// Sends the texts to the process, once.
    fn load(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<()> {
        if self.loaded == Some((texts.len(), text.len())) {
            return Ok(());
        }
        let (corpus, ends) = (self.folder.join("corpus"), self.folder.join("ends"));
        fs::write(&corpus, text)?;
        let lines: Vec<String> = texts.iter().map(|range| format!("{} {}", range.start, range.end)).collect();
        fs::write(&ends, lines.join("\n") + "\n")?;
        self.ask(&format!("load {} {}", corpus.display(), ends.display()))?;
        self.loaded = Some((texts.len(), text.len()));
        Ok(())
    }
}

impl Drop for HyperscanPeer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer for HyperscanPeer {
    fn seconds(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<f64> {
        self.load(text, texts)?;
        Ok(self.ask("time")?.parse()?)
    }

    fn places(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<HashSet<Place>> {
        self.load(text, texts)?;
        let file = self.folder.join("hits");
        self.ask(&format!("hits {}", file.display()))?;
        let mut places = HashSet::new();
        for line in fs::read_to_string(&file)?.lines() {
            let (start, end) = line.split_once(' ').context("a hit is two numbers")?;
            places.insert((start.parse()?, end.parse()?));
        }
        Ok(places)
    }
}
