//! Numbered places, the lowest free one first.

use std::collections::BTreeSet;

#[derive(Debug)]
pub(super) struct Slots<T> {
    places: Vec<Option<T>>,
    free: BTreeSet<usize>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: BTreeSet::new(),
        }
    }
}

impl<T> Slots<T> {
    /// Takes the lowest free place.
    pub(super) fn insert(&mut self, value: T) -> usize {
        let place = self.free.pop_first().unwrap_or(self.places.len());
        if place == self.places.len() {
            self.places.push(None);
        }
        self.places[place] = Some(value);
        place
    }

    /// Empties and frees a place.
    pub(super) fn remove(&mut self, place: usize) {
        self.places[place] = None;
        self.free.insert(place);
        // After a crowd has left, passes over all rows are short again.
        while self
            .free
            .last()
            .is_some_and(|last| last + 1 == self.places.len())
        {
            self.free.pop_last();
            self.places.pop();
        }
    }

    pub(super) fn get(&self, place: usize) -> Option<&T> {
        self.places.get(place)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.places.get_mut(place)?.as_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let places = self.places.iter().enumerate();
        places.filter_map(|(place, value)| Some((place, value.as_ref()?)))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        let places = self.places.iter_mut().enumerate();
        places.filter_map(|(place, value)| Some((place, value.as_mut()?)))
    }

    /// Places as they were, from what is in them, ascending by place.
    pub(super) fn restore(values: Vec<(usize, T)>) -> Self {
        let len = values.last().map_or(0, |(place, _)| place + 1);
        let mut places: Vec<Option<T>> = Vec::new();
        places.resize_with(len, || None);
        for (place, value) in values {
            places[place] = Some(value);
        }
        let free = (0..len).filter(|place| places[*place].is_none());
        let free = free.collect();
        Self { places, free }
    }
}
