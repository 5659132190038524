//! From byte offsets to UTF-16 offsets and to distances in which a run of white space counts one.

/// Bytes between two checkpoints.
const STRIDE: usize = 256;

/// Returns how many UTF-16 units a text has: one for each character, one more for those that UTF-8 writes in four bytes.
pub(crate) fn utf16_units(text: &str) -> u64 {
    // Counts in bytes stay below 256 in so many, so that a compiler can count many side by side.
    let of_chunk = |bytes: &[u8]| {
        let units = |byte: &u8| u8::from(*byte as i8 >= -0x40) + u8::from(*byte >= 0xF0);
        u64::from(bytes.iter().map(units).fold(0u8, u8::wrapping_add))
    };
    text.as_bytes().chunks(127).map(of_chunk).sum()
}

#[derive(Debug, Clone, Copy, Default)]
struct Point {
    utf16: u64,
    /// UTF-16 units, white space runs counting one.
    collapsed: u64,
    in_white: bool,
}

impl Point {
    fn pass(&mut self, character: char) {
        let units = character.len_utf16() as u64;
        let white = character.is_whitespace();
        self.utf16 += units;
        self.collapsed += match (white, self.in_white) {
            (false, _) => units,
            (true, false) => 1,
            (true, true) => 0,
        };
        self.in_white = white;
    }
}

/// The positions of a text.
pub(crate) struct Positions<'a> {
    text: &'a str,
    /// One for each stride, at the first character that begins in it.
    points: Vec<(usize, Point)>,
}

impl<'a> Positions<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut points = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut point = Point::default();
        for (offset, character) in text.char_indices() {
            if offset / STRIDE >= points.len() {
                points.push((offset, point));
            }
            point.pass(character);
        }
        points.push((text.len(), point));
        Self { text, points }
    }

    fn point(&self, offset: usize) -> Point {
        let after = self.points.partition_point(|(start, _)| *start <= offset);
        let Some((start, mut point)) = after.checked_sub(1).and_then(|index| self.points.get(index)).copied()
        else {
            return Point::default();
        };
        self.text.get(start..offset).unwrap_or("").chars().for_each(|character| point.pass(character));
        point
    }

    /// Returns the UTF-16 offset of a byte offset.
    pub(crate) fn utf16(&self, offset: usize) -> u64 {
        self.point(offset).utf16
    }

    /// Returns the distance of a byte offset from the text's front.
    pub(crate) fn collapsed(&self, offset: usize) -> u64 {
        self.point(offset).collapsed
    }

    /// Returns the first byte offset of a character that is at least so far from the text's front.
    pub(crate) fn offset_of_collapsed(&self, collapsed: u64) -> usize {
        let after = self.points.partition_point(|(_, point)| point.collapsed < collapsed);
        let Some((start, mut point)) = after.checked_sub(1).and_then(|index| self.points.get(index)).copied()
        else {
            return 0;
        };
        for (offset, character) in self.text.get(start..).unwrap_or("").char_indices() {
            if point.collapsed >= collapsed {
                return start + offset;
            }
            point.pass(character);
        }
        self.text.len()
    }
}
