//! What was met before, in little memory.

/// Numbers that were met: never forgets one, and takes one in some hundreds for one that it has not met. Two bytes a number, where a set
/// would take sixteen and more.
#[derive(Debug)]
pub(super) struct Seen {
    /// Blocks of eight words, which the processor fetches at once.
    blocks: Vec<[u64; 8]>,
}

impl Seen {
    /// How many bits of its block stand for a number.
    const BITS: usize = 5;
    const NUMBERS_OF_BLOCK: usize = 32;

    /// Returns a memory for so many numbers; more of them make it err more often.
    pub(super) fn with_capacity(numbers: usize) -> Seen {
        Seen { blocks: vec![[0; 8]; numbers / Seen::NUMBERS_OF_BLOCK + 1] }
    }

    /// Notes a number, which must be a hash; returns whether it may have been noted before.
    pub(super) fn note(&mut self, hash: u64) -> bool {
        // The upper half of the hash tells the block, the lower bits those of the block.
        let block = ((hash >> 32) * self.blocks.len() as u64) >> 32;
        let Some(block) = self.blocks.get_mut(block as usize) else { return true };
        let mut all = true;
        for bit in 0..Seen::BITS {
            let bit = (hash >> (9 * bit)) & 511;
            let (word, bit) = (&mut block[(bit >> 6) as usize], 1 << (bit & 63));
            all &= *word & bit != 0;
            *word |= bit;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_forgotten_and_little_taken_for_something_else() {
        let mut random = fastrand::Rng::with_seed(1);
        let numbers: Vec<u64> = std::iter::repeat_with(|| random.u64(..)).take(100_000).collect();
        let mut seen = Seen::with_capacity(numbers.len());
        let wrong = numbers.iter().filter(|number| seen.note(**number)).count();
        assert!(wrong < 500, "{wrong}");
        assert!(numbers.iter().all(|number| seen.note(*number)));
    }
}
