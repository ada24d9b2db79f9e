//! Models that would take hours or days without a bound on preemptions.

use loom::model::Builder;

/// Explores a model with up to three preemptions, or with `LOOM_MAX_PREEMPTIONS` of them if it is
/// set. Almost every bug needs fewer.
pub(crate) fn bounded_model(race: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(race);
}
