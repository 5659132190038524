//! What the modules of a crate import from one another. Read from the text: paths that begin with
//! `crate`, `super`, `self`, or with the name of a module in scope. Re-exports are followed to
//! where the item is defined.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::source::SourceFile;

/// The greatest number of re-exports that are followed; chains are short.
const RE_EXPORTS_MAX: usize = 8;

/// The modules of a crate by their paths from its root, such as `["scan", "hits"]`.
pub(crate) struct Modules<'a> {
    modules: BTreeMap<Path, Module<'a>>,
}

/// A path from the root of the crate.
pub(crate) type Path = Vec<String>;

struct Module<'a> {
    file: &'a SourceFile,
    uses: Vec<Use>,
    /// The imported path of each name in this module.
    names: HashMap<String, Path>,
}

/// One name that is imported.
struct Use {
    path: Path,
    name: String,
    is_public: bool,
}

impl<'a> Modules<'a> {
    /// Reads the modules below a crate's `src/`, without those of tests.
    pub(crate) fn of_crate(files: &'a [SourceFile], folder: &str) -> Self {
        let mut modules = BTreeMap::new();
        for file in files.iter().filter(|file| !file.is_test(0)) {
            let Some(inside) = file.path.strip_prefix(folder) else { continue };
            let path = module_path(inside);
            let uses = uses(file, &path);
            let names = uses.iter().map(|import| (import.name.clone(), import.path.clone())).collect();
            modules.insert(path, Module { file, uses, names });
        }
        Self { modules }
    }

    /// Returns for each module the others whose items it uses.
    pub(crate) fn imports(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        self.modules.iter().map(|(path, module)| (path, self.imports_of(path, module))).collect()
    }

    fn imports_of(&self, path: &Path, module: &Module<'_>) -> BTreeSet<&Path> {
        let code = &module.file.code;
        let mut found = BTreeSet::new();
        for import in &module.uses {
            // A re-export is not a use. Uses through an imported module are found below.
            let is_used = !import.is_public || used_words(module.file, &import.name) > 1;
            if is_used && self.as_module(&import.path, RE_EXPORTS_MAX).is_none() {
                found.extend(self.defined_in(&import.path, RE_EXPORTS_MAX));
            }
        }
        for (at, written) in paths(code) {
            if module.file.is_test(at) || is_in_use(code, at) {
                continue;
            }
            let absolute = match written.first().map(String::as_str) {
                Some("crate" | "super" | "self") => absolute(path, &written),
                Some(first) => {
                    let child = [path.as_slice(), &[first.to_owned()]].concat();
                    let named = module.names.get(first).cloned();
                    let from = named.or_else(|| self.modules.contains_key(&child).then_some(child));
                    from.map(|from| [from.as_slice(), written.get(1..).unwrap_or_default()].concat())
                }
                None => None,
            };
            found.extend(absolute.and_then(|absolute| self.defined_in(&absolute, RE_EXPORTS_MAX)));
        }
        found.retain(|target| *target != path);
        found
    }

    /// Returns the module that a path names; `None` if it names an item.
    fn as_module(&self, path: &[String], left: usize) -> Option<&Path> {
        if let Some((known, _)) = self.modules.get_key_value(path) {
            return Some(known);
        }
        let (name, parent) = path.split_last()?;
        let named = self.modules.get(parent)?.names.get(name)?;
        if left == 0 || named == path { None } else { self.as_module(named, left - 1) }
    }

    /// Returns the module that defines the item of a path.
    fn defined_in(&self, path: &[String], left: usize) -> Option<&Path> {
        let mut module: Path = Vec::new();
        for (index, name) in path.iter().enumerate() {
            let child = [module.as_slice(), std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&child) {
                module = child;
                continue;
            }
            let named = self.modules.get(&module)?.names.get(name);
            return match named {
                Some(named) if left > 0 => {
                    let rest = path.get(index + 1..).unwrap_or_default();
                    self.defined_in(&[named.as_slice(), rest].concat(), left - 1)
                }
                _ => self.modules.get_key_value(&module).map(|(known, _)| known),
            };
        }
        None
    }
}

/// Returns the path of a file's module. The file is given relative to `src/`.
fn module_path(file: &str) -> Path {
    let stem = file.trim_end_matches(".rs");
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    match stem {
        "lib" | "main" | "mod" => Vec::new(),
        stem => stem.split('/').map(str::to_owned).collect(),
    }
}

/// Returns the path from the crate's root; `None` if it does not begin in the crate.
fn absolute(module: &[String], written: &[String]) -> Option<Path> {
    let (first, rest) = written.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => absolute_in(module, rest),
        "super" => absolute_in(module.split_last()?.1, rest),
        _ => None,
    }
}

fn absolute_in(module: &[String], rest: &[String]) -> Option<Path> {
    match rest.first().map(String::as_str) {
        Some("super" | "self") => absolute(module, rest),
        _ => Some([module, rest].concat()),
    }
}

fn used_words(file: &SourceFile, name: &str) -> usize {
    file.find(name).filter(|at| !file.is_test(*at)).count()
}

/// Returns the names that a file imports from its own crate.
fn uses(file: &SourceFile, module: &[String]) -> Vec<Use> {
    let mut found = Vec::new();
    for start in file.find("use").filter(|start| !file.is_test(*start)) {
        let line = file.code.get(..start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        let is_item = line.trim().is_empty() || line.trim_start().starts_with("pub");
        let Some(tree) = file.code.get(start + 3..).and_then(|rest| rest.split(';').next()) else { continue };
        if is_item {
            let mut tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
            tree.retain(|c| c != '\n');
            flatten(&tree, &[], &mut |written, name| {
                // A name without `crate`, `super` or `self` is a child, or another crate.
                let path = match written.first().map(String::as_str) {
                    Some("crate" | "super" | "self") => absolute(module, written),
                    _ => Some([module, written].concat()),
                };
                let import = path.map(|path| Use { path, name, is_public: line.contains("pub") });
                found.extend(import);
            });
        }
    }
    found
}

/// Calls `each` with every path of a use tree and its name.
fn flatten(tree: &str, before: &[String], each: &mut impl FnMut(&[String], String)) {
    let tree = tree.trim();
    if let Some(inside) = tree.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        split_trees(inside).into_iter().for_each(|tree| flatten(tree, before, each));
        return;
    }
    if let Some((first, rest)) = tree.split_once("::") {
        flatten(rest, &[before, &[first.trim().to_owned()]].concat(), each);
        return;
    }
    let (name, alias) = tree.split_once(" as ").unwrap_or((tree, tree));
    let path = match name {
        "self" | "" => before.to_vec(),
        name => [before, &[name.to_owned()]].concat(),
    };
    let alias = if alias == "self" { path.last().cloned().unwrap_or_default() } else { alias.to_owned() };
    if !path.is_empty() {
        each(&path, alias);
    }
}

fn split_trees(list: &str) -> Vec<&str> {
    let mut depth = 0i32;
    let is_cut = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    };
    list.split(is_cut).map(str::trim).filter(|tree| !tree.is_empty()).collect()
}

/// Returns the paths of at least two names in the code, with their offsets.
fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut end = 0;
    for (at, _) in code.match_indices("::") {
        if at < end {
            continue;
        }
        let before = code.get(..at).unwrap_or_default();
        let start = before.rfind(|c| !is_name(c)).map_or(0, |before| before + 1);
        let path = code.get(start..).unwrap_or_default();
        let length = path.find(|c| !is_name(c) && c != ':').unwrap_or(path.len());
        end = start + length;
        let names: Vec<String> =
            path.get(..length).unwrap_or_default().split("::").map(str::to_owned).collect();
        if names.len() > 1 && names.first().is_some_and(|name| !name.is_empty()) {
            found.push((start, names));
        }
    }
    found
}

/// Returns whether an offset is inside a `use`.
fn is_in_use(code: &str, at: usize) -> bool {
    let item = code.get(..at).and_then(|before| before.rsplit([';', '}']).next()).unwrap_or_default();
    let words = item.split(|c: char| !c.is_alphanumeric()).collect::<Vec<_>>();
    item.split('{').next().is_some_and(|head| head.contains("use ")) && words.contains(&"use")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_followed_to_where_things_are() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\npub use a::c::C;\npub(crate) use b::B;\n"),
            ("a/mod.rs", "mod c;\npub(crate) use c::C;\npub(crate) struct A;\nfn f() { c::run(); }\n"),
            ("a/c.rs", "use super::A;\nuse crate::B as Renamed;\npub struct C(A, Renamed);\n"),
            ("b.rs", "use crate::{\n    a::{self, C},\n    d,\n};\npub struct B;\nfn f() { a::A; d::D; }\n"),
            ("d.rs", "use std::fmt;\npub struct D;\n#[cfg(test)]\nmod tests { use crate::b::B; }\n"),
        ];
        let files = files.map(|(name, text)| SourceFile::new(&format!("crates/x/src/{name}"), text));
        let modules = Modules::of_crate(&files, "crates/x/src/");
        let check = |module: &str, expected: &[&str]| {
            let imports = modules.imports();
            let module: Path =
                module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let found = &imports[&module];
            assert_eq!(found.iter().map(|path| path.join("::")).collect::<Vec<_>>(), expected, "{module:?}");
        };
        check("", &[]);
        check("a", &["a::c"]);
        check("a::c", &["a", "b"]);
        check("b", &["a", "a::c", "d"]);
        check("d", &[]);
    }
}
