//! A source whose sessions are read once, for questions that ask for them several times.

use std::sync::{Arc, OnceLock};

use crate::analysis::{FailureVisitor, Filter, ObservationVisitor, Request, Sessions, Source, SourceError};
use crate::model::SessionSummary;

/// A source, with its sessions once they have been read.
pub(super) struct Remembered<'a> {
    source: &'a dyn Source,
    sessions: OnceLock<Arc<Vec<SessionSummary>>>,
}

impl<'a> Remembered<'a> {
    /// Returns a source that asks this one for its sessions once.
    pub(super) fn new(source: &'a dyn Source) -> Remembered<'a> {
        Remembered { source, sessions: OnceLock::new() }
    }
}

impl Source for Remembered<'_> {
    fn sessions(&self, filter: &Filter) -> Result<Sessions, SourceError> {
        let all = match self.sessions.get() {
            Some(all) => all,
            None => {
                let rows = self.source.sessions(&Filter::default())?.rows;
                self.sessions.get_or_init(|| rows)
            }
        };
        let is_admitted = |session: &SessionSummary| {
            filter.admits_apart_from_time(session) && filter.window.contains(session.session_start_time)
        };
        if all.iter().all(is_admitted) {
            return Ok(Sessions { rows: Arc::clone(all), untimed: 0 });
        }
        // Only what is admitted is copied.
        Ok(Sessions::select(all.iter().filter(|session| filter.admits_apart_from_time(session)).cloned(), filter))
    }

    fn observations(&self, request: &Request<'_>, visitor: &dyn ObservationVisitor) -> Result<(), SourceError> {
        self.source.observations(request, visitor)
    }

    fn failures(&self, request: &Request<'_>, visitor: &dyn FailureVisitor) -> Result<(), SourceError> {
        self.source.failures(request, visitor)
    }

    fn observations_and_failures(
        &self,
        request: &Request<'_>,
        observations: &dyn ObservationVisitor,
        failures: &dyn FailureVisitor,
    ) -> Result<(), SourceError> {
        self.source.observations_and_failures(request, observations, failures)
    }
}
