//! Azure's block lists: XML, bounded while it is read.

use std::fmt::Write;

use edm_model::limits;
use edm_service::StagedBlock;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::error::UploadProblem;
use super::{id_of, number_of};

/// Reads the block numbers of a Put Block List, in their order. Latest, Committed and Uncommitted
/// mean the same here, because a number has one content.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<u32>, UploadProblem> {
    let text = std::str::from_utf8(bytes).map_err(|_| UploadProblem::BadXml)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let blocks_max = usize::try_from(limits::BLOCKS_MAX).unwrap_or(usize::MAX);
    let (mut numbers, mut id, mut depth, mut seen) = (Vec::new(), String::new(), 0usize, false);
    loop {
        match reader.read_event().map_err(|_| UploadProblem::BadXml)? {
            Event::Start(tag) => {
                let name = tag.local_name();
                match (depth, name.as_ref()) {
                    (0, "BlockList") if !seen => seen = true,
                    (1, "Latest" | "Committed" | "Uncommitted") => id.clear(),
                    _ => return Err(UploadProblem::BadXml),
                }
                depth += 1;
            }
            Event::Text(part) if depth == 2 => {
                id.push_str(part.trim());
            }
            Event::End(_) => {
                depth = depth.checked_sub(1).ok_or(UploadProblem::BadXml)?;
                if depth == 1 {
                    numbers.push(number_of(&id).ok_or(UploadProblem::BadListedId)?);
                    if numbers.len() > blocks_max {
                        return Err(UploadProblem::BadXml);
                    }
                }
            }
            Event::Empty(tag) if depth == 0 && !seen && tag.local_name().as_ref() == "BlockList" => {
                seen = true
            }
            Event::Text(part) if part.trim().is_empty() => {}
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof if seen && depth == 0 => return Ok(numbers),
            _ => return Err(UploadProblem::BadXml),
        }
    }
}

/// Writes the answer of Get Block List.
pub(super) fn write(blocks: &[StagedBlock], committed: bool, uncommitted: bool) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for (wanted, element, named) in
        [(committed, "CommittedBlocks", true), (uncommitted, "UncommittedBlocks", false)]
    {
        if !wanted {
            continue;
        }
        let _ = write!(xml, "<{element}>");
        for block in blocks.iter().filter(|block| block.committed == named) {
            let (name, size) = (id_of(block.number), block.byte_count);
            let _ = write!(xml, "<Block><Name>{name}</Name><Size>{size}</Size></Block>");
        }
        let _ = write!(xml, "</{element}>");
    }
    xml.push_str("</BlockList>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the block numbers that a list is read as.
    fn check(xml: &str, expected: Result<&[u32], UploadProblem>) {
        assert_eq!(read(xml.as_bytes()).as_deref(), expected.as_deref(), "{xml}");
    }

    #[test]
    fn reads_what_azures_client_writes() {
        let declared = "<?xml version='1.0' encoding='utf-8'?>\n";
        check(
            &format!(
                "{declared}<BlockList><Latest>MDAwMDAwMDA=</Latest><Latest>MDAwMDAwMDE=</Latest></BlockList>"
            ),
            Ok(&[0, 1]),
        );
        check("\u{feff}<BlockList>\n <Uncommitted> MDAwMDAwMDI= </Uncommitted>\n</BlockList>\n", Ok(&[2]));
        check("<BlockList/>", Ok(&[]));
        check("<BlockList></BlockList>", Ok(&[]));
    }

    #[test]
    fn refuses_everything_else() {
        use UploadProblem::{BadListedId, BadXml};
        for (xml, problem) in [
            ("", BadXml),
            ("[]", BadXml),
            ("<BlockList>", BadXml),
            ("<BlockList><Latest>MDAwMDAwMDA=</BlockList>", BadXml),
            ("<BlockList/><BlockList/>", BadXml),
            ("<Other/>", BadXml),
            ("<BlockList><Other>MDAwMDAwMDA=</Other></BlockList>", BadXml),
            ("<BlockList><Latest><Latest>MDAwMDAwMDA=</Latest></Latest></BlockList>", BadXml),
            ("<!DOCTYPE x [<!ENTITY a 'b'>]><BlockList/>", BadXml),
            ("<BlockList><Latest>&a;</Latest></BlockList>", BadXml),
            ("<BlockList><Latest>block 0</Latest></BlockList>", BadListedId),
            ("<BlockList><Latest>MDAwMDAwMA==</Latest></BlockList>", BadListedId),
            ("<BlockList><Latest></Latest></BlockList>", BadListedId),
        ] {
            check(xml, Err(problem));
        }
    }

    #[test]
    fn writes_what_was_asked_for() {
        let block = |number, committed| StagedBlock { number, byte_count: 7, committed };
        let xml = write(&[block(0, true), block(1, false)], true, true);
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><CommittedBlocks><Block><Name>MDAwMDAwMDA=</Name>\
             <Size>7</Size></Block></CommittedBlocks><UncommittedBlocks><Block><Name>MDAwMDAwMDE=</Name><Size>7</Size>\
             </Block></UncommittedBlocks></BlockList>"
        );
    }
}
