//! Models that would take minutes or days without a bound on preemptions.

use loom::model::Builder;

/// Explores all executions with at most three preemptions. The environment variable
/// `LOOM_MAX_PREEMPTIONS` overrides this bound. loom recommends two or three.
pub(crate) fn bounded_model(race: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(race);
}
