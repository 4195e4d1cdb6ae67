//! Sessions by system under test.

use std::collections::BTreeMap;

use super::TestSession;

/// All sessions of one system under test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SutGroup {
    /// The system under test.
    pub sut_name: String,
    /// Its sessions.
    pub sessions: Vec<TestSession>,
}

/// Sessions grouped by system under test: the value, not the place where it is kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TestHistory {
    /// The groups by name.
    pub sut_groups: BTreeMap<String, SutGroup>,
}

impl TestHistory {
    /// Adds a session to the group of its system under test; gives it back where it names none.
    pub fn add_test_session(&mut self, session: TestSession) -> Result<(), Box<TestSession>> {
        let Some(sut_name) = session.sut_name.clone() else {
            return Err(Box::new(session));
        };
        let group =
            self.sut_groups.entry(sut_name.clone()).or_insert_with(|| SutGroup { sut_name, sessions: Vec::new() });
        group.sessions.push(session);
        Ok(())
    }

    /// Returns the sessions of one system under test; none where the history does not know it.
    pub fn sessions_for_sut(&self, sut_name: &str) -> &[TestSession] {
        self.sut_groups.get(sut_name).map_or(&[], |group| &group.sessions)
    }
}
