//! Signatures that hardly differ, joined.

use strsim::levenshtein;

use super::signature::FailureSignature;

/// Messages join where less than this share of their mean length would have to be edited. Source: Kubernetes' triage.
const DISTANCE: f64 = 0.1;
/// A message this long says enough to be the same failure wherever it is raised.
const TELLING: usize = 20;
/// How many groups are compared with; what comes after them, the rarest, only joins where it is equal.
const MOST_LEADERS: usize = 2_000;

/// Returns for each signature the index of the one that stands for its group: itself, or an earlier one.
///
/// The signatures come in the order in which they may stand for others. Two join where the exception is the same and the
/// messages differ by less than 10 % of their mean length; and, where they are assertions, name no exception or have a
/// message of fewer than 20 characters, only at the same location, since `assert % == %` alone says nothing.
pub(super) fn leaders(signatures: &[&FailureSignature]) -> Vec<usize> {
    let mut leaders: Vec<(usize, Profile)> = Vec::new();
    let mut of = Vec::with_capacity(signatures.len());
    for (index, signature) in signatures.iter().enumerate() {
        let profile = Profile::of(&signature.message);
        let found = leaders.iter().find(|(leader, other)| {
            signatures.get(*leader).is_some_and(|leader| join(leader, signature, other, &profile))
        });
        of.push(found.map_or(index, |(leader, _)| *leader));
        if found.is_none() && leaders.len() < MOST_LEADERS {
            leaders.push((index, profile));
        }
    }
    of
}

fn join(left: &FailureSignature, right: &FailureSignature, left_profile: &Profile, right_profile: &Profile) -> bool {
    if left.exception != right.exception {
        return false;
    }
    let length = (left_profile.length + right_profile.length) as f64 / 2.0;
    let most = length * DISTANCE;
    let tells = |signature: &FailureSignature, profile: &Profile| {
        profile.length >= TELLING && signature.exception.as_deref().is_some_and(|name| name != "AssertionError")
    };
    if !(tells(left, left_profile) && tells(right, right_profile)) && left.location != right.location {
        return false;
    }
    left.message == right.message
        || (left_profile.least_distance(right_profile) as f64) < most
            && (levenshtein(&left.message, &right.message) as f64) < most
}

/// What bounds the edit distance of two messages from below: their lengths and how often each kind of character occurs.
struct Profile {
    length: usize,
    characters: [u16; 64],
}

impl Profile {
    fn of(message: &str) -> Profile {
        let mut profile = Profile { length: 0, characters: [0; 64] };
        for character in message.chars() {
            profile.length += 1;
            if let Some(count) = profile.characters.get_mut(character as usize % 64) {
                *count = count.saturating_add(1);
            }
        }
        profile
    }

    /// One edit changes two counts by one at most.
    fn least_distance(&self, other: &Profile) -> usize {
        let counts = self.characters.iter().zip(other.characters);
        let differences: usize = counts.map(|(left, right)| usize::from(left.abs_diff(right))).sum();
        (differences / 2).max(self.length.abs_diff(other.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(exception: &str, message: &str, location: &str) -> FailureSignature {
        FailureSignature {
            exception: Some(exception.to_owned()),
            message: message.to_owned(),
            location: Some(location.to_owned()),
        }
    }

    #[test]
    fn messages_that_hardly_differ_join_wherever_they_are_raised() {
        let signatures = [
            signature("TimeoutError", "waited % s for the service 'basket' to come up", "a.py::f"),
            signature("TimeoutError", "waited % s for the service 'baskets' to come up", "b.py::g"),
            signature("TimeoutError", "waited % s for the database to come up", "a.py::f"),
            signature("OSError", "waited % s for the service 'basket' to come up", "a.py::f"),
        ];
        assert_eq!(leaders(&signatures.iter().collect::<Vec<_>>()), [0, 0, 2, 3]);
    }

    #[test]
    fn assertions_and_short_messages_join_only_where_they_are() {
        let signatures = [
            signature("AssertionError", "assert % == % and more text than twenty", "a.py::f"),
            signature("AssertionError", "assert % == % and more text than twenty", "b.py::g"),
            signature("KeyError", "'id'", "a.py::f"),
            signature("KeyError", "'id'", "b.py::g"),
        ];
        assert_eq!(leaders(&signatures.iter().collect::<Vec<_>>()), [0, 1, 2, 3]);
    }
}
