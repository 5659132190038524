//! No file contains paths of the machine it was written on.

use std::path::Path;

use super::Finding;

pub(super) fn check(path: &str, text: &str, root: &Path) -> Vec<Finding> {
    // Split in two, so that this file does not match itself.
    let homes =
        [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("C:\\Us", "ers\\")];
    let root = format!("{}/", root.display());
    let here: Vec<&str> = homes.into_iter().chain([root.as_str()]).collect();
    text.lines()
        .enumerate()
        .filter(|(_, line)| here.iter().any(|prefix| line.contains(prefix)))
        .map(|(index, _)| {
            Finding::new(path, index + 1, "a path of one machine: write it from the root of the project")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_paths_are_found() {
        let check = |text: &str, expected: usize| {
            assert_eq!(check("README.md", text, Path::new("/srv/checkout/edm")).len(), expected, "{text}");
        };
        check(concat!("see /ho", "me/someone/edm"), 1);
        check(concat!("fine\nsee /ro", "ot/.cargo"), 1);
        check("cd /srv/checkout/edm/crates", 1);
        check("edm serve --data-dir /var/lib/edm", 0);
    }
}
