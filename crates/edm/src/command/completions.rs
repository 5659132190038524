//! `edm completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output::Output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edm completions bash > ~/.local/share/bash-completion/completions/edm
  edm completions zsh > ~/.zfunc/_edm              (a folder of fpath)
  edm completions fish > ~/.config/fish/completions/edm.fish
  edm completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArguments {
    /// Shell that the script is for
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(
    arguments: &CompletionsArguments,
    mut program: Command,
    output: Output,
) -> anyhow::Result<()> {
    // Written to memory first, because the generator panics if the output is closed.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "edm", &mut script);
    Ok(output.text(&String::from_utf8(script)?)?)
}
