//! The limits of the machine, measured in the same run. No scanner can be faster.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

use crate::clock::{cpu_seconds, median};
use crate::random::Random;
use crate::report::Row;

const TIMES: usize = 5;
const COPY_BYTES: usize = 64 << 20;
const AES_BLOCKS: usize = 1 << 20;
const READS: usize = 1 << 22;

/// Returns the rows of the bounds. `random_bytes` is the size of the memory for random reads.
pub(crate) fn rows(text: &str, random_bytes: usize) -> Vec<Row> {
    vec![copy(), atoms(text), aes(), random_reads(random_bytes)]
}

fn best(mut run: impl FnMut() -> f64) -> f64 {
    run();
    median(&(0..TIMES).map(|_| run()).collect::<Vec<_>>())
}

fn copy() -> Row {
    let from = vec![1u8; COPY_BYTES];
    let mut to = vec![0u8; COPY_BYTES];
    let seconds = best(|| {
        cpu_seconds(|| {
            to.copy_from_slice(&from);
            std::hint::black_box(&mut to);
        })
    });
    Row::own("bound: memcpy", "MB/s", COPY_BYTES as f64 / seconds / 1e6)
}

/// Lists the start and end of each run of letters or digits, which is the minimum that any
/// tokenizer must do.
fn atoms(text: &str) -> Row {
    let mut classes = [0u8; 256];
    for (byte, class) in classes.iter_mut().enumerate() {
        *class = match byte as u8 {
            b'0'..=b'9' => 1,
            b'a'..=b'z' | b'A'..=b'Z' | 128.. => 2,
            _ => 0,
        };
    }
    let mut list: Vec<(u32, u32)> = Vec::new();
    let seconds = best(|| {
        cpu_seconds(|| {
            list.clear();
            let (mut last, mut start) = (0u8, 0u32);
            for (at, byte) in text.bytes().enumerate() {
                let class = classes[usize::from(byte)];
                if class != last {
                    if last != 0 {
                        list.push((start, at as u32));
                    }
                    (last, start) = (class, at as u32);
                }
            }
            std::hint::black_box(&list);
        })
    });
    let row = Row::own("bound: listing atoms, byte by byte", "MB/s", text.len() as f64 / seconds / 1e6);
    row.noted(format!("{:.1} bytes an atom", text.len() as f64 / list.len().max(1) as f64))
}

fn aes() -> Row {
    let cipher = Aes256::new(&Array::from([7; 32]));
    let mut blocks = vec![Array::from([1; 16]); AES_BLOCKS];
    let seconds =
        best(|| cpu_seconds(|| blocks.chunks_mut(64).for_each(|lanes| cipher.encrypt_blocks(lanes))));
    Row::own("bound: AES-256, crate `aes`, 64 in flight", "ns a block", seconds / AES_BLOCKS as f64 * 1e9)
}

fn random_reads(bytes: usize) -> Row {
    let memory = vec![1u64; bytes / 8];
    let mut random = Random::new(1);
    let places: Vec<u32> = (0..READS).map(|_| random.below(memory.len()) as u32).collect();
    let independent = best(|| {
        cpu_seconds(|| {
            std::hint::black_box(places.iter().map(|place| memory[*place as usize]).sum::<u64>());
        })
    });
    let dependent = best(|| {
        cpu_seconds(|| {
            // Each address depends on the previous read, so the reads cannot overlap.
            let mut carry = 0usize;
            for place in &places {
                carry = memory[(*place as usize + carry) % memory.len()] as usize;
            }
            std::hint::black_box(carry);
        })
    });
    let each = |seconds: f64| seconds / READS as f64 * 1e9;
    let row = Row::own("bound: random read, independent", "ns", each(independent));
    row.noted(format!(
        "{:.0} ns where each waits for the one before; over {} MiB",
        each(dependent),
        bytes >> 20
    ))
}
