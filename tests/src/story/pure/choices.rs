//! Choice points of a story: every way through them is taken, one after the other.

/// Ways that one run takes at most.
const WAYS_MAX: usize = 256;

/// One way: what was chosen at each point, and of how many.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    taken: Vec<(usize, usize)>,
    at: usize,
    /// Ways begun so far, this one included.
    count: usize,
}

impl Choices {
    /// One of `of` possibilities; 0 is the plain one.
    pub(super) fn choose(&mut self, of: usize) -> usize {
        if self.at == self.taken.len() {
            self.taken.push((0, of));
        }
        let chosen = self.taken.get(self.at).map_or(0, |(chosen, _)| *chosen);
        self.at += 1;
        chosen
    }

    /// The way after this one, the last choice changed first; None when all were taken or there are too many.
    pub(super) fn next(mut self) -> Option<Self> {
        self.taken.truncate(self.at);
        while let Some((chosen, of)) = self.taken.pop() {
            if chosen + 1 < of {
                self.taken.push((chosen + 1, of));
                let count = self.count + 1;
                return (count < WAYS_MAX).then_some(Self { taken: self.taken, at: 0, count });
            }
        }
        None
    }
}

impl std::fmt::Display for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let chosen: Vec<String> =
            self.taken.iter().take(self.at).map(|(chosen, of)| format!("{chosen}/{of}")).collect();
        write!(f, "way {}", chosen.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_taken_once() {
        let (mut ways, mut choices) = (Vec::new(), Some(Choices::default()));
        while let Some(mut way) = choices {
            let first = way.choose(2);
            let second = if first == 1 { way.choose(3) } else { 0 };
            ways.push((first, second));
            choices = way.next();
        }
        assert_eq!(ways, [(0, 0), (1, 0), (1, 1), (1, 2)]);
    }
}
