//! Header and trailer maps: ordered, with repeated names, values of any bytes.

use std::fmt;

/// A header map. Names are lower-case, pseudo headers come first, and a repeated name keeps its lines.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Headers {
    lines: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Headers {
    /// A map without lines.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first line of that name: all that `proxy_get_header_map_value` shows.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// The first line of that name as text, where it is UTF-8.
    #[must_use]
    pub fn text(&self, name: impl AsRef<[u8]>) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Every line of that name, in order.
    pub fn get_all(&self, name: impl AsRef<[u8]>) -> impl Iterator<Item = &[u8]> {
        let name = name.as_ref().to_ascii_lowercase();
        self.iter()
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Every line of that name joined by commas, as the property `request.headers.<name>` shows it.
    #[must_use]
    pub fn joined(&self, name: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        let lines: Vec<&[u8]> = self.get_all(name).collect();
        (!lines.is_empty()).then(|| lines.join(&b','))
    }

    /// All lines in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines
            .iter()
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// Adds a line; pseudo headers go to the front.
    pub fn add(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let line = (name.as_ref().to_ascii_lowercase(), value.as_ref().to_vec());
        let at = if is_pseudo(&line.0) {
            self.lines
                .iter()
                .take_while(|(name, _)| is_pseudo(name))
                .count()
        } else {
            self.lines.len()
        };
        self.lines.insert(at, line);
    }

    /// Puts one line in place of all lines of that name.
    pub fn replace(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let name = name.as_ref().to_ascii_lowercase();
        let Some(first) = self.lines.iter().position(|(key, _)| *key == name) else {
            return self.add(name, value);
        };
        self.remove(&name);
        self.lines.insert(first, (name, value.as_ref().to_vec()));
    }

    /// Removes all lines of that name.
    pub fn remove(&mut self, name: impl AsRef<[u8]>) {
        let name = name.as_ref().to_ascii_lowercase();
        self.lines.retain(|(key, _)| *key != name);
    }

    /// Number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Bytes of all names and values: what `proxy_get_header_map_size` answers.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.lines
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum()
    }

    pub(crate) fn lines(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.lines
    }
}

fn is_pseudo(name: &[u8]) -> bool {
    name.first() == Some(&b':')
}

impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = self.iter().map(|(name, value)| (lossy(name), lossy(value)));
        formatter.debug_list().entries(lines).finish()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(lines: T) -> Self {
        let mut headers = Self::new();
        for (name, value) in lines {
            headers.add(name, value);
        }
        headers
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> From<&[(N, V)]> for Headers {
    fn from(lines: &[(N, V)]) -> Self {
        lines.iter().map(|(name, value)| (name, value)).collect()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const K: usize> From<&[(N, V); K]> for Headers {
    fn from(lines: &[(N, V); K]) -> Self {
        lines.as_slice().into()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const K: usize> From<[(N, V); K]> for Headers {
    fn from(lines: [(N, V); K]) -> Self {
        lines.into_iter().collect()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> From<Vec<(N, V)>> for Headers {
    fn from(lines: Vec<(N, V)>) -> Self {
        lines.into_iter().collect()
    }
}

impl From<&Self> for Headers {
    fn from(headers: &Self) -> Self {
        headers.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_ignores_case_and_sees_the_first_line() {
        let headers = Headers::from([("X-Role", "one"), ("x-role", "two")]);
        assert_eq!(headers.get("x-ROLE"), Some(b"one".as_slice()));
        assert_eq!(headers.joined("x-role"), Some(b"one,two".to_vec()));
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn pseudo_headers_come_first() {
        let headers = Headers::from([("accept", "*"), (":path", "/"), (":method", "GET")]);
        let names: Vec<&[u8]> = headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, [b":path".as_slice(), b":method", b"accept"]);
    }

    #[test]
    fn replace_leaves_one_line_in_place() {
        let mut headers = Headers::from([("a", "1"), ("b", "2"), ("a", "3")]);
        headers.replace("A", "4");
        assert_eq!(headers, Headers::from([("a", "4"), ("b", "2")]));
        headers.replace("c", "5");
        assert_eq!(headers.get("c"), Some(b"5".as_slice()));
    }
}
