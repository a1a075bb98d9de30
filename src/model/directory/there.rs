//! Who is at an address.

use super::classes::ClassId;

/// The classes of those who are at an address: nearly always one, of one pod.
pub(super) enum There {
    /// One object.
    One(ClassId),
    /// Others: how many objects of each class, in the order of their numbers.
    Several(Vec<(ClassId, usize)>),
}

impl There {
    /// Each class once.
    pub(super) fn classes(&self) -> impl Iterator<Item = ClassId> {
        let (one, several) = match self {
            Self::One(class) => (Some(*class), &[][..]),
            Self::Several(several) => (None, several.as_slice()),
        };
        one.into_iter()
            .chain(several.iter().map(|(class, _)| *class))
    }
}

#[cfg(feature = "objects")]
impl There {
    /// Another object is here.
    pub(super) fn add(&mut self, class: ClassId) {
        let several = match self {
            Self::One(one) => {
                *self = Self::Several(vec![(*one, 1)]);
                return self.add(class);
            }
            Self::Several(several) => several,
        };
        match several.binary_search_by_key(&class, |(class, _)| *class) {
            Ok(place) => {
                if let Some((_, count)) = several.get_mut(place) {
                    *count = count.saturating_add(1);
                }
            }
            Err(place) => several.insert(place, (class, 1)),
        }
    }

    /// An object is gone; whether nobody is left.
    pub(super) fn take(&mut self, class: ClassId) -> bool {
        let several = match self {
            Self::One(one) => return *one == class,
            Self::Several(several) => several,
        };
        if let Ok(place) = several.binary_search_by_key(&class, |(class, _)| *class) {
            match several.get_mut(place) {
                Some((_, count)) if *count > 1 => *count = count.saturating_sub(1),
                _ => drop(several.remove(place)),
            }
        }
        match several.as_slice() {
            [] => true,
            [(only, 1)] => {
                *self = Self::One(*only);
                false
            }
            _ => false,
        }
    }
}
