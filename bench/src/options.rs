//! The command line. `cargo xtask bench` fills in the paths of what it fetched and built.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::corpus::Kind;
use crate::measure::Setting;
use crate::peers::{PeerKind, PeerSetting};
use crate::tables::Declared;

/// The pairs of a comparison, the corpus, and the rows of built tables, in a quick run.
const PAIRS_QUICK: usize = 2;
const CORPUS_BYTES_QUICK: usize = 4_000_000;
const INGEST_ROWS_QUICK: u64 = 20_000;

/// Explains the arguments.
pub(crate) const USAGE: &str = "usage: edm-bench --prose DIR... [--folder DIR] [GROUP...] [OPTION...]

groups (only --scan where none is named; in a quick run all but --http and --api)
  --scan     against the peers, and the limits of the machine
  --scale    threads, text sizes, 50 M cells, 20 stores
  --ingest   index sizes, build, open, agent
  --http     the server beside a bare handler, commit to live
  --api      stores and sessions beside a bare handler, many sessions beside few; alone it needs no large corpus
  --profile typed|text   our side alone, over and over, for a profiler: the tables are built by the first run
options
  --quick              a small corpus, one table, the automata alone, two pairs, small tables
  --corpus-mb N        size of the corpus (200)
  --kind NAME          a corpus of one kind alone: prose, logs, json, csv
  --values N,N         sizes of the tables in values (10000,100000,1000000,10000000)
  --peers NAME,NAME    aho-corasick, daachorse, hyperscan
  --pairs N            interleaved pairs of each comparison (5)
  --ingest-rows N      rows of the tables that are built (10000000)
  --hyperscan FILE, --edm FILE, --wrk FILE, --echo FILE   parts that other rows need
  --json FILE          the rows as JSON
  --markdown FILE      the rows as a page of docs/bench
  --command TEXT       what the page says that it was made with";

/// The groups of rows to measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    pub(crate) scan: bool,
    pub(crate) scale: bool,
    pub(crate) ingest: bool,
    pub(crate) http: bool,
    pub(crate) api: bool,
}

impl Groups {
    /// Returns whether the API group is the only one.
    pub(crate) fn only_api(self) -> bool {
        self == Groups { api: true, ..Groups::default() }
    }
}

/// The parsed options.
pub(crate) struct Options {
    pub(crate) groups: Groups,
    pub(crate) quick: bool,
    /// Only scan, with this table.
    pub(crate) profile: Option<Declared>,
    pub(crate) corpus_bytes: usize,
    /// The only kind of text in the corpus.
    pub(crate) kind: Option<Kind>,
    pub(crate) prose: Vec<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) markdown: Option<PathBuf>,
    pub(crate) command: String,
    pub(crate) setting: Setting,
}

impl Options {
    /// Parses the arguments. Unknown ones are an error.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut own = Self::defaults();
        let (mut corpus_mb, mut values, mut peers) = (None, None, None);
        let (mut pairs, mut ingest_rows) = (None, None);
        while let Some(argument) = arguments.next() {
            let mut next =
                || arguments.next().with_context(|| format!("{argument} wants a value\n\n{USAGE}"));
            match argument.as_str() {
                "--scan" => own.groups.scan = true,
                "--scale" => own.groups.scale = true,
                "--ingest" => own.groups.ingest = true,
                "--http" => own.groups.http = true,
                "--api" => own.groups.api = true,
                "--profile" => own.profile = Some(declared(&next()?)?),
                "--quick" => own.quick = true,
                "--prose" => own.prose.push(next()?.into()),
                "--folder" => own.setting.folder = next()?.into(),
                "--corpus-mb" => corpus_mb = Some(number(&next()?)?),
                "--kind" => own.kind = Some(kind(&next()?)?),
                "--values" => values = Some(next()?.split(',').map(number).collect::<Result<Vec<_>, _>>()?),
                "--peers" => peers = Some(next()?.split(',').map(peer).collect::<Result<Vec<_>, _>>()?),
                "--pairs" => pairs = Some(number(&next()?)?.max(1) as usize),
                "--ingest-rows" => ingest_rows = Some(number(&next()?)?.max(1_000)),
                "--hyperscan" => own.setting.peer_setting.hyperscan = Some(next()?.into()),
                "--edm" => own.setting.edm = Some(next()?.into()),
                "--wrk" => own.setting.wrk = Some(next()?.into()),
                "--echo" => own.setting.echo = Some(next()?.into()),
                "--json" => own.json = Some(next()?.into()),
                "--markdown" => own.markdown = Some(next()?.into()),
                "--command" => own.command = next()?,
                other => bail!("unknown argument {other}\n\n{USAGE}"),
            }
        }
        if own.prose.is_empty() {
            bail!("--prose is missing\n\n{USAGE}");
        }
        if own.groups == Groups::default() {
            // A quick run tests everything that needs neither the product's binary nor downloads.
            own.groups = Groups { scan: true, scale: own.quick, ingest: own.quick, ..Groups::default() };
        }
        if own.quick || own.groups.only_api() {
            own.corpus_bytes = CORPUS_BYTES_QUICK;
        }
        if own.quick {
            own.setting.values = vec![10_000];
            own.setting.peers = vec![PeerKind::AhoCorasick, PeerKind::Daachorse];
            own.setting.pairs = PAIRS_QUICK;
            own.setting.ingest_rows = INGEST_ROWS_QUICK;
        }
        own.corpus_bytes = corpus_mb.map_or(own.corpus_bytes, |megabytes| megabytes as usize * 1_000_000);
        own.setting.values = values.unwrap_or(own.setting.values);
        own.setting.peers = peers.unwrap_or(own.setting.peers);
        own.setting.pairs = pairs.unwrap_or(own.setting.pairs);
        own.setting.ingest_rows = ingest_rows.unwrap_or(own.setting.ingest_rows);
        own.setting.peer_setting.folder = own.setting.folder.clone();
        Ok(own)
    }

    fn defaults() -> Self {
        let folder = std::env::temp_dir().join("edm-bench");
        Self {
            groups: Groups::default(),
            quick: false,
            profile: None,
            corpus_bytes: 200_000_000,
            kind: None,
            prose: Vec::new(),
            json: None,
            markdown: None,
            command: "cargo xtask bench".to_owned(),
            setting: Setting {
                folder: folder.clone(),
                pairs: 5,
                values: vec![10_000, 100_000, 1_000_000, 10_000_000],
                peers: PeerKind::ALL.to_vec(),
                peer_setting: PeerSetting { hyperscan: None, folder },
                edm: None,
                wrk: None,
                echo: None,
                ingest_rows: 10_000_000,
            },
        }
    }
}

fn number(text: &str) -> anyhow::Result<u64> {
    text.parse().with_context(|| format!("{text} is no number"))
}

fn declared(word: &str) -> anyhow::Result<Declared> {
    let known = [Declared::Typed, Declared::Text].into_iter().find(|declared| declared.word() == word);
    known.with_context(|| format!("columns are typed or text, not {word}"))
}

fn kind(word: &str) -> anyhow::Result<Kind> {
    Kind::of_word(word)
        .with_context(|| format!("a corpus is made of prose, logs, json or csv, not of {word}"))
}

fn peer(name: &str) -> anyhow::Result<PeerKind> {
    let known = PeerKind::ALL.into_iter().find(|kind| kind.name() == name);
    known.with_context(|| format!("there is no peer {name}; there are aho-corasick, daachorse, hyperscan"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> anyhow::Result<Options> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_understood_or_refused() {
        let check = |line: &str, word: &str| {
            let refused = read(line).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(refused.contains(word), "{line}: {refused}");
        };
        check("", "--prose is missing");
        check("--prose", "wants a value");
        check("--prose x --fast", "unknown argument");
        check("--prose x --peers ripgrep", "no peer ripgrep");
        check("--prose x --values many", "no number");
        check("--prose x --kind poems", "not of poems");
        let options = read("--prose x --quick --pairs 3 --http").unwrap();
        assert!(options.groups.http && !options.groups.scan);
        assert_eq!((options.setting.pairs, options.setting.values), (3, vec![10_000]));
        assert!(read("--prose x --api").unwrap().groups.only_api());
        assert!(!read("--prose x --api --scan").unwrap().groups.only_api());
        let groups = read("--prose x --quick").unwrap().groups;
        assert!(groups.scan && groups.scale && groups.ingest && !groups.http);
        let groups = read("--prose x").unwrap().groups;
        assert!(groups.scan && !groups.scale && !groups.ingest && !groups.http);
    }
}
