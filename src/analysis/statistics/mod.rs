//! Statistics that the analyses share: each function states its formula, and is tested against scipy's values.
//!
//! Only the special functions (`ln Γ`, `erfc`) come from a library. The ready-made statistics crates were looked at and
//! left: an incomplete beta function that stops after 140 terms, an exact Mann-Whitney test that enumerates every
//! combination, and upper tails computed as one minus the lower are wrong or endless at the sizes a history has.

mod distribution;
mod false_discovery;
mod fisher;
mod interval;
mod mann_whitney;
mod quantile;
mod t_test;

use distribution::beta_quantile;
pub use false_discovery::benjamini_hochberg;
pub use fisher::fisher_exact_greater;
pub use interval::{Interval, beta_interval, wilson_interval};
pub(crate) use mann_whitney::mann_whitney_ascending;
pub use mann_whitney::{MannWhitney, mann_whitney};
pub(crate) use quantile::median_by;
pub use quantile::{median, quantile};
pub(crate) use t_test::Critical;
pub use t_test::{Moments, t_test};
