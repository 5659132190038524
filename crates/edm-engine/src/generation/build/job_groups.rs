//! How the jobs of a plan share passes over the blocks.
//!
//! A job that makes entries or rules needs every block, a row file only one. Blocks are stored
//! encrypted: jobs of one pass share the work of reading and opening them. Passes are shared as far
//! as memory allows and no worker is left without work:
//!
//! ```text
//! more workers than parts   part 0 │ part 1 │ rules, rows 0 2 4 │ rows 1 3 5
//! fewer, enough memory      part 0, rows 0 2 4 │ part 1, rows 1 3 5, rules
//! fewer, little memory      part 0, rows 0 2 4 │ part 1, rows 1 3 5 │ rules
//! ```
//!
//! What must stay true: each job is in one group, and no group is empty.

use crate::generation::build::plan::{BuildJob, Plan};

/// Jobs that share one pass over the blocks.
type JobGroup = Vec<BuildJob>;

impl Plan {
    /// Returns the jobs in groups that each share one pass over the blocks, for `at_once` groups at
    /// once in `memory_bytes` of memory.
    ///
    /// Each part has a group. Row files and rules have groups of their own if there are more
    /// workers than parts, and else join the parts.
    pub fn groups(&self, at_once: usize, memory_bytes: u64) -> Vec<Vec<BuildJob>> {
        let (mut parts, mut rows) = (Vec::new(), Vec::new());
        for job in self.jobs() {
            match job {
                BuildJob::Entries { .. } | BuildJob::Delta { .. } => parts.push(vec![job]),
                BuildJob::Rows { .. } => rows.push(job),
                BuildJob::Rules => {}
            }
        }
        if at_once > parts.len() {
            let others = beside_parts(rows, at_once - parts.len());
            return [parts, others].concat();
        }
        deal(rows, &mut parts);
        // Rules need every block as well: in the group of a part they cost no pass.
        let mut last = parts.pop().expect("a generation has at least one part");
        last.push(BuildJob::Rules);
        if self.fits_beside(&last, &parts, at_once, memory_bytes) {
            parts.push(last);
        } else {
            last.pop();
            parts.extend([last, vec![BuildJob::Rules]]);
        }
        parts
    }

    /// Returns whether a group fits into memory beside the largest of the others, which run at the
    /// same time.
    fn fits_beside(
        &self,
        group: &[BuildJob],
        others: &[JobGroup],
        at_once: usize,
        memory_bytes: u64,
    ) -> bool {
        let largest = others.iter().map(|other| self.memory_bytes(other)).max().unwrap_or(0);
        let beside = largest * at_once.saturating_sub(1) as u64;
        self.memory_bytes(group).saturating_add(beside) <= memory_bytes
    }
}

/// Divides row files and rules among the workers that have no part.
fn beside_parts(rows: Vec<BuildJob>, workers: usize) -> Vec<JobGroup> {
    // The rules are one job even if there is no row file; a worker without a job gets no group.
    let mut groups = vec![Vec::new(); workers.min(rows.len().max(1))];
    groups[0].push(BuildJob::Rules);
    deal(rows, &mut groups);
    groups
}

/// Deals jobs to groups in turns.
fn deal(jobs: Vec<BuildJob>, groups: &mut [JobGroup]) {
    let count = groups.len();
    jobs.into_iter().enumerate().for_each(|(number, job)| groups[number % count].push(job));
}
