//! The scan: text → windows → hits → rows → patterns → report. The order of the files is the order of the walk:
//! `reading`, `group`, `find`, `evidence`, `pattern`, `assign`, `evaluate`, `explain`.

mod assign;
mod context;
mod evaluate;
mod evidence;
mod explain;
mod find;
mod group;
mod miss;
mod pattern;
mod place;
mod position;
mod reading;
mod story;
mod table;

use context::Context;
use evaluate::{Evaluator, TypePlan};
use evidence::EvidenceFinder;
use explain::Explainer;

use edm_model::limits;

use crate::query::Query;
use crate::report::{Diagnostic, Report};

/// Finds the records of the query's types in its text. Never fails: any text is allowed, and bounds that are met
/// are in the report.
pub fn scan(query: &Query<'_>) -> Report {
    let context = Context::new(query);
    let (hits, stopped) = find::hits(&context);
    let mut report = Report { stopped, ..Report::default() };
    if hits.is_empty() {
        return report;
    }
    let mut finder = EvidenceFinder::new(&context);
    for (type_index, active) in query.types.iter().enumerate() {
        let plan = TypePlan::new(&context, active);
        let evaluated = Evaluator::new(&context, &plan, &hits, &mut finder).evaluate();
        report.types.extend(evaluate::report(&context, &plan, type_index, &evaluated));
        if query.explain {
            let mut explainer = Explainer::new(&context, &plan, &mut finder, &hits, &evaluated.told);
            let unmatched = explainer.unmatched((0, query.text.len()), limits::MATCHES_MAX);
            if !unmatched.is_empty() || !evaluated.limits.is_empty() {
                report.diagnostics.push(Diagnostic {
                    type_index,
                    limits: evaluated.limits.clone(),
                    unmatched,
                });
            }
        }
    }
    report.stopped |= (query.should_stop)();
    report
}
