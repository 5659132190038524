//! How a command ends: exit statuses, and the errors that decide them.

use std::fmt;

use crate::output::is_broken_pipe;

/// How a command ended. It determines the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All input was read, and no gate tripped.
    Fine,
    /// The command failed, or found damage.
    Failed,
    /// The arguments are invalid. clap uses the same status.
    Usage,
    /// There were findings, and the gate was enabled.
    Findings,
    /// Something was not read or not searched.
    NotRead,
    /// Both.
    FindingsAndNotRead,
}

/// Every ending with its exit status and meaning (`docs/operations/exit-statuses.md`).
const ENDINGS: [(Ending, u8, &str); 6] = [
    (Ending::Fine, 0, "all was read, and no gate tripped"),
    (Ending::Failed, 1, "failed"),
    (Ending::Usage, 2, "usage: options that do not fit"),
    (Ending::Findings, 3, "findings, where a gate was asked for (--fail-on-match)"),
    (Ending::NotRead, 4, "something was not read or not looked for"),
    (Ending::FindingsAndNotRead, 5, "both 3 and 4"),
];

impl Ending {
    /// Returns the ending of a search.
    #[cfg(feature = "agent")]
    pub(crate) fn of_search(gate_tripped: bool, all_read: bool) -> Self {
        match (gate_tripped, all_read) {
            (false, true) => Ending::Fine,
            (true, true) => Ending::Findings,
            (false, false) => Ending::NotRead,
            (true, false) => Ending::FindingsAndNotRead,
        }
    }

    /// Returns the ending for an error.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        if is_broken_pipe(error) {
            // The reader closed the output because it has enough, as `head` does.
            return Ending::Fine;
        }
        #[cfg(feature = "agent")]
        if error.downcast_ref::<edm_agent::Error>().is_some_and(edm_agent::Error::is_unlooked) {
            return Ending::NotRead;
        }
        match error.downcast_ref::<UsageError>() {
            Some(_) => Ending::Usage,
            None => Ending::Failed,
        }
    }

    /// Returns the exit status.
    pub(crate) fn status(self) -> u8 {
        let own = ENDINGS.iter().find(|(ending, _, _)| *ending == self);
        own.map(|(_, status, _)| *status).expect("every ending is in the table")
    }
}

/// Returns the text after the options in a help page: `help`, and the table of exit statuses.
pub(crate) fn with_statuses(help: &str) -> String {
    let statuses = ENDINGS.iter().map(|(_, status, meaning)| format!("\n  {status}  {meaning}"));
    format!("{help}\n\nExit status:{}", statuses.collect::<String>())
}

/// The same for a command that does not search texts, which has fewer statuses.
pub(crate) fn with_two_statuses(help: &str) -> String {
    let statuses = ENDINGS.iter().filter(|(_, status, _)| *status <= 2);
    let statuses = statuses.map(|(_, status, meaning)| format!("\n  {status}  {meaning}"));
    format!("{help}\n\nExit status:{}", statuses.collect::<String>())
}

/// Options that contradict each other in a way that clap cannot check.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) &'static str);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_its_status() {
        let check = |ending: Ending, expected: u8| assert_eq!(ending.status(), expected, "{ending:?}");
        check(Ending::Fine, 0);
        check(Ending::Failed, 1);
        check(Ending::Usage, 2);
        check(Ending::Findings, 3);
        check(Ending::NotRead, 4);
        check(Ending::FindingsAndNotRead, 5);
    }

    #[test]
    fn every_error_has_its_ending() {
        let check = |error: anyhow::Error, expected: Ending| assert_eq!(Ending::of_error(&error), expected);
        check(anyhow::anyhow!("a test's own error"), Ending::Failed);
        check(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into(), Ending::Fine);
        check(UsageError("a test's own").into(), Ending::Usage);
        #[cfg(feature = "agent")]
        for (code, expected) in [("dataUnavailable", Ending::NotRead), ("overloaded", Ending::Failed)] {
            let kind = edm_agent::ErrorKind::Refused {
                status: 503,
                code: code.to_owned(),
                message: String::new(),
                target: None,
            };
            let error = anyhow::Error::new(edm_agent::Error::new(kind));
            check(error.context("a context hides nothing"), expected);
        }
    }

    /// The table of the documentation: `| status | meaning | … |`.
    #[test]
    fn the_documentation_says_what_the_help_says() {
        let page = include_str!("../../../docs/operations/exit-statuses.md");
        let rows = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            Some((cells.next()?.parse::<u8>().ok()?, cells.next()?.to_owned()))
        });
        let expected = ENDINGS.iter().map(|(_, status, meaning)| (*status, (*meaning).to_owned()));
        assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        let help = with_statuses("");
        assert!(ENDINGS.iter().all(|(_, status, meaning)| help.contains(&format!("  {status}  {meaning}"))));
    }
}
