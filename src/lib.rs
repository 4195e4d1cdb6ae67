//! `insight` turns whatever a pytest run left behind into one typed [`model::TestSession`], files it in a
//! history, and answers questions of that history.
//!
//! The modules are layers; each may use only those above it in this list. `tests/it/layering.rs` holds them to it.
//!
//! | module | what it is |
//! |---|---|
//! | `paging` | what does not fit into memory |
//! | [`model`], [`diagnostic`] | what a test run is, and what went wrong while reading one |
//! | [`grammar`], [`formats`] | bytes in, sessions out |
//! | [`ingest`], [`wire`], `store` | paths to sessions, the session document, the history directory |
//! | [`service`], [`render`] | the use cases, and how their answers look |
//! | [`cli`] | arguments, terminal, exit codes |

pub mod analysis;
pub mod cli;
pub mod diagnostic;
pub mod formats;
pub mod grammar;
pub mod ingest;
pub mod model;
mod paging;
pub mod render;
pub mod service;
#[cfg(feature = "store")]
pub mod store;
pub mod wire;
