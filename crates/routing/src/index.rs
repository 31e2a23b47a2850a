//! The index: who could serve what, kept so that a decision looks at classes and not at every item or agent.
//!
//! Items that ask for the same are one demand class, agents with the same skills one supply group.
//! Which group fits which class is a table of bits, worked out once when either appears.

use std::collections::{BTreeMap, BTreeSet};

use terms::SkillId;

use crate::{Agent, Capacity, Load, ServiceChannel, Step};

/// Classes and groups nobody uses are kept for the next one alike, until there are this many.
const KEPT_MAX: usize = 2_048;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClassId(usize);

impl ClassId {
    /// Of work that is only thought of and lines up nowhere.
    pub(crate) const NONE: ClassId = ClassId(usize::MAX);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupId(usize);

/// Numbered things that are shared by all who want an equal one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Interned<T> {
    numbers: BTreeMap<T, usize>,
    slots: Vec<Option<(T, usize)>>,
    spare: Vec<usize>,
    unused: usize,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), slots: Vec::new(), spare: Vec::new(), unused: 0 }
    }
}

impl<T: Ord + Clone> Interned<T> {
    /// The number of an equal one, and whether it is new.
    fn acquire(&mut self, wanted: &T) -> (usize, bool) {
        if let Some(number) = self.numbers.get(wanted) {
            if let Some(Some((_, uses))) = self.slots.get_mut(*number) {
                self.unused -= usize::from(*uses == 0);
                *uses += 1;
            }
            return (*number, false);
        }
        if self.unused >= KEPT_MAX {
            self.drop_unused();
        }
        let number = self.spare.pop().unwrap_or(self.slots.len());
        if number == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[number] = Some((wanted.clone(), 1));
        self.numbers.insert(wanted.clone(), number);
        (number, true)
    }
    fn release(&mut self, number: usize) {
        if let Some(Some((_, uses))) = self.slots.get_mut(number) {
            *uses = uses.saturating_sub(1);
            self.unused += usize::from(*uses == 0);
        }
    }
    fn drop_unused(&mut self) {
        for number in 0..self.slots.len() {
            if self.slots[number].as_ref().is_some_and(|(_, uses)| *uses == 0) {
                if let Some((value, _)) = self.slots[number].take() {
                    self.numbers.remove(&value);
                }
                self.spare.push(number);
            }
        }
        self.unused = 0;
    }
    fn get(&self, number: usize) -> Option<&T> {
        self.slots.get(number)?.as_ref().map(|(value, _)| value)
    }
    fn each(&self) -> impl Iterator<Item = (usize, &T)> {
        self.slots.iter().enumerate().filter_map(|(number, slot)| Some((number, &slot.as_ref()?.0)))
    }
}

/// What items alike ask for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Demand {
    channel: ServiceChannel,
    step: Step,
}

/// What agents alike can do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Supply {
    channels: BTreeSet<ServiceChannel>,
    capacity: Capacity,
    skills: BTreeMap<SkillId, u8>,
}

impl Demand {
    fn is_met_by(&self, supply: &Supply) -> bool {
        supply.channels.contains(&self.channel) && self.step.accepts_skills(&supply.skills)
    }
}

/// The table of who fits what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    classes: Interned<Demand>,
    groups: Interned<Supply>,
    /// For each class a bit for each group.
    fits: Vec<Vec<u64>>,
    /// The same the other way round: for each group a bit for each class.
    suits: Vec<Vec<u64>>,
}

fn word_and_bit(number: usize) -> (usize, u64) {
    (number / 64, 1 << (number % 64))
}

fn put(rows: &mut Vec<Vec<u64>>, row: usize, number: usize, set: bool) {
    if rows.len() <= row {
        rows.resize(row + 1, Vec::new());
    }
    let (word, bit) = word_and_bit(number);
    let bits = &mut rows[row];
    if bits.len() <= word {
        bits.resize(word + 1, 0);
    }
    bits[word] = if set { bits[word] | bit } else { bits[word] & !bit };
}

impl Index {
    /// The class of a step; its expiry does not matter, and no step at all asks for nothing.
    pub(crate) fn class_of(&mut self, load: Load, step: Option<&Step>) -> ClassId {
        let step = step.map(|step| Step { expiry_ms: None, ..step.clone() }).unwrap_or_default();
        let wanted = Demand { channel: load.channel, step };
        let (class, new) = self.classes.acquire(&wanted);
        if new {
            for (group, supply) in self.groups.each() {
                let met = wanted.is_met_by(supply);
                put(&mut self.fits, class, group, met);
                put(&mut self.suits, group, class, met);
            }
        }
        ClassId(class)
    }
    pub(crate) fn release_class(&mut self, class: ClassId) {
        self.classes.release(class.0);
    }
    pub(crate) fn group_of(&mut self, agent: &Agent) -> GroupId {
        let supply = Supply {
            channels: agent.channels.clone(),
            capacity: agent.capacity,
            skills: agent.skills.clone(),
        };
        let (group, new) = self.groups.acquire(&supply);
        if new {
            for (class, wanted) in self.classes.each() {
                let met = wanted.is_met_by(&supply);
                put(&mut self.fits, class, group, met);
                put(&mut self.suits, group, class, met);
            }
        }
        GroupId(group)
    }
    pub(crate) fn release_group(&mut self, group: GroupId) {
        self.groups.release(group.0);
    }
    /// Whether agents of the group have the channel and the skills that the class asks for.
    pub(crate) fn fits(&self, class: ClassId, group: GroupId) -> bool {
        let (word, bit) = word_and_bit(group.0);
        self.fits.get(class.0).and_then(|bits| bits.get(word)).is_some_and(|bits| bits & bit != 0)
    }
    /// A bit for each class that agents of the group fit.
    pub(crate) fn suits(&self, group: GroupId) -> &[u64] {
        self.suits.get(group.0).map_or(&[], Vec::as_slice)
    }
    /// What the class asks for.
    pub(crate) fn step(&self, class: ClassId) -> Option<&Step> {
        self.classes.get(class.0).map(|demand| &demand.step)
    }
}

/// Keys by class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Classed<K> {
    /// A bit for each class that has any.
    filled: Vec<u64>,
    /// The first of each class, so that most classes are weighed without a look into their sets, and all of it.
    keys: Vec<(Option<K>, BTreeSet<K>)>,
}

impl<K> Default for Classed<K> {
    fn default() -> Self {
        Self { filled: Vec::new(), keys: Vec::new() }
    }
}

impl<K: Ord + Copy> Classed<K> {
    pub(crate) fn insert(&mut self, class: ClassId, key: K) {
        let (word, bit) = word_and_bit(class.0);
        if self.keys.len() <= class.0 {
            self.keys.resize_with(class.0 + 1, || (None, BTreeSet::new()));
            self.filled.resize(class.0 / 64 + 1, 0);
        }
        self.filled[word] |= bit;
        let (first, keys) = &mut self.keys[class.0];
        *first = Some(first.map_or(key, |first| first.min(key)));
        keys.insert(key);
    }
    pub(crate) fn remove(&mut self, class: ClassId, key: K) {
        let Some((first, keys)) = self.keys.get_mut(class.0) else { return };
        keys.remove(&key);
        if *first == Some(key) {
            *first = keys.first().copied();
        }
        if first.is_none() {
            let (word, bit) = word_and_bit(class.0);
            self.filled[word] &= !bit;
        }
    }
    pub(crate) fn contains(&self, class: ClassId, key: K) -> bool {
        self.keys.get(class.0).is_some_and(|(_, keys)| keys.contains(&key))
    }
    /// The first key and all keys of each class that has any and whose bit is set.
    pub(crate) fn among(&self, wanted: &[u64]) -> impl Iterator<Item = (ClassId, K, &BTreeSet<K>)> {
        let words = self.filled.iter().zip(wanted).map(|(filled, wanted)| filled & wanted);
        (0..).zip(words).flat_map(move |(word, mut bits): (usize, u64)| {
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(word * 64 + bit)
            })
            .filter_map(|class| {
                let (first, keys) = self.keys.get(class)?;
                Some((ClassId(class), (*first)?, keys))
            })
        })
    }
}

/// Keys in groups, and the groups in the order of their first keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grouped<G, K> {
    groups: BTreeMap<G, BTreeSet<K>>,
    heads: BTreeSet<(K, G)>,
}

impl<G, K> Default for Grouped<G, K> {
    fn default() -> Self {
        Self { groups: BTreeMap::new(), heads: BTreeSet::new() }
    }
}

impl<G: Ord + Copy, K: Ord + Copy> Grouped<G, K> {
    pub(crate) fn insert(&mut self, group: G, key: K) {
        let keys = self.groups.entry(group).or_default();
        match keys.first().copied() {
            Some(head) if head <= key => {}
            head => {
                if let Some(head) = head {
                    self.heads.remove(&(head, group));
                }
                self.heads.insert((key, group));
            }
        }
        keys.insert(key);
    }
    pub(crate) fn remove(&mut self, group: G, key: K) {
        let Some(keys) = self.groups.get_mut(&group) else { return };
        if !keys.remove(&key) {
            return;
        }
        if self.heads.remove(&(key, group))
            && let Some(head) = keys.first()
        {
            self.heads.insert((*head, group));
        }
        if keys.is_empty() {
            self.groups.remove(&group);
        }
    }
    pub(crate) fn contains(&self, group: G, key: K) -> bool {
        self.groups.get(&group).is_some_and(|keys| keys.contains(&key))
    }
    /// The first key of each group, smallest first.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (K, G)> + '_ {
        self.heads.iter().copied()
    }
    /// The keys of a group, smallest first.
    pub(crate) fn of(&self, group: G) -> impl Iterator<Item = K> + '_ {
        self.groups.get(&group).into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use terms::UserId;

    use super::*;
    use crate::SkillLevel;

    fn with(skill: u128, level: u8) -> Agent {
        let mut agent = Agent::new(UserId::from_number(1));
        agent.skills.insert(SkillId::from_number(skill), level);
        agent
    }
    fn asks(skill: u128, min: u8) -> Step {
        let skill = SkillId::from_number(skill);
        Step { all: vec![SkillLevel { skill, min }], ..Step::default() }
    }

    #[test]
    fn equal_demands_are_one_class_whatever_their_expiry() {
        let mut index = Index::default();
        let class = index.class_of(Load::default(), Some(&asks(1, 3)));
        assert_eq!(class, index.class_of(Load::default(), Some(&Step { expiry_ms: Some(5), ..asks(1, 3) })));
        assert_ne!(class, index.class_of(Load::default(), None));
        assert_eq!(
            index.class_of(Load::default(), None),
            index.class_of(Load::default(), Some(&Step::default()))
        );
    }

    #[test]
    fn the_table_is_right_whichever_side_comes_first() {
        let mut index = Index::default();
        let before = index.group_of(&with(1, 3));
        let class = index.class_of(Load::default(), Some(&asks(1, 3)));
        let after = index.group_of(&with(1, 2));
        assert!(index.fits(class, before) && !index.fits(class, after));
    }

    #[test]
    fn a_number_given_out_again_carries_nothing_over() {
        let mut index = Index::default();
        let class = index.class_of(Load::default(), Some(&asks(1, 1)));
        // A crowd that all fit, by a second skill each of their own, comes and goes.
        let mut crowd = Vec::new();
        for n in 0..u128::try_from(KEPT_MAX).unwrap() {
            let mut agent = with(1, 1);
            agent.skills.insert(SkillId::from_number(n + 10), 1);
            crowd.push(index.group_of(&agent));
        }
        assert!(crowd.iter().all(|group| index.fits(class, *group)));
        crowd.iter().for_each(|group| index.release_group(*group));
        // The next ones take over the numbers, but not the fit.
        for n in 0..100 {
            let group = index.group_of(&with(1_000_000 + n, 1));
            assert!(crowd.contains(&group) && !index.fits(class, group));
        }
    }

    #[test]
    fn classes_that_have_any_and_are_wanted_are_told_with_their_keys() {
        let mut classed: Classed<u32> = Classed::default();
        for (class, key) in [(1, 30), (70, 20), (1, 10), (3, 40)] {
            classed.insert(ClassId(class), key);
        }
        let told = |classed: &Classed<u32>, wanted: &[u64]| -> Vec<(usize, Vec<u32>)> {
            let all = |(class, first, keys): (ClassId, u32, &BTreeSet<u32>)| {
                assert_eq!(keys.first(), Some(&first));
                (class.0, keys.iter().copied().collect())
            };
            classed.among(wanted).map(all).collect()
        };
        assert_eq!(told(&classed, &[0b10, 1 << 6]), [(1, vec![10, 30]), (70, vec![20])]);
        classed.remove(ClassId(70), 20);
        classed.remove(ClassId(500), 1);
        assert_eq!(told(&classed, &[u64::MAX, u64::MAX]), [(1, vec![10, 30]), (3, vec![40])]);
        assert!(classed.contains(ClassId(3), 40) && !classed.contains(ClassId(70), 20));
    }

    #[test]
    fn groups_stand_in_the_order_of_their_first_keys() {
        let mut grouped: Grouped<u8, u32> = Grouped::default();
        for (group, key) in [(1, 30), (2, 20), (1, 10), (2, 40)] {
            grouped.insert(group, key);
        }
        assert_eq!(grouped.heads().collect::<Vec<_>>(), [(10, 1), (20, 2)]);
        grouped.remove(1, 10);
        assert_eq!(grouped.heads().collect::<Vec<_>>(), [(20, 2), (30, 1)]);
        grouped.remove(1, 30);
        grouped.remove(1, 99);
        assert_eq!(grouped.heads().collect::<Vec<_>>(), [(20, 2)]);
        assert_eq!(grouped.of(2).collect::<Vec<_>>(), [20, 40]);
    }
}
