//! Expressions and values that are made up: most right, some with a mistake, and values that are
//! near to what the expression takes.

/// Makes them, the same from the same seed.
pub(crate) struct Invention(u64);

/// What an expression is put together from.
const ATOMS: [&str; 78] = [
    "a",
    "b",
    "c",
    "k",
    "s",
    "K",
    "1",
    "-",
    "&",
    "~",
    "/",
    "é",
    "ÿ",
    "ß",
    "\u{17f}",
    "\u{212a}",
    "€",
    ".",
    "^",
    "$",
    "]",
    "}",
    "{",
    "{,2}",
    "{02}",
    "a{,2}",
    r"\d",
    r"\D",
    r"\s",
    r"\S",
    r"\w",
    r"\W",
    r"\b",
    r"\B",
    r"\A",
    r"\z",
    r"\Z",
    r"\C",
    r"\G",
    r"\<",
    r"\>",
    r"\.",
    r"\-",
    r"\_",
    r"\n",
    r"\t",
    r"\q",
    r"\e",
    r"\0",
    r"\01",
    r"\1",
    r"\141",
    r"\351",
    r"\x61",
    r"\xe9",
    r"\x{e9}",
    r"\x{212a}",
    r"\x{}",
    r"\pL",
    r"\PL",
    r"\pN",
    r"\p{Lu}",
    r"\p{^L}",
    r"\p{Greek}",
    r"\p{Latin}",
    r"\P{Any}",
    r"\Qa.b\E",
    r"\Qa",
    r"\E",
    "(?i)",
    "(?m)",
    "(?s)",
    "(?U)",
    "(?-i)",
    "(?i-s)",
    "(?x)",
    "(?",
    "\n",
];

/// What stands in a class.
const MEMBERS: [&str; 45] = [
    "a",
    "b",
    "k",
    "S",
    "1",
    "&&",
    "--",
    "~~",
    "-",
    "[",
    "[a",
    "^",
    "]",
    "é",
    "ÿ",
    "é-ü",
    "a-c",
    "A-Z",
    "Z-z",
    "!-/",
    "z-a",
    r"\d",
    r"\W",
    r"\s",
    r"\pL",
    r"\PN",
    r"\]",
    r"\-",
    r"\xe9",
    r"\x61-\x63",
    r"\n",
    r"\b",
    r"\Q",
    "[:alpha:]",
    "[:^digit:]",
    "[:word:]",
    "[:foo:]",
    "[:a",
    r"\141",
    r"\0",
    ".",
    "$",
    "|",
    "\u{212a}",
    "&&[^b]",
];

const REPETITIONS: [&str; 17] = [
    "*", "+", "?", "*?", "+?", "??", "**", "++", "*+", "{2}", "{0,2}", "{1,}", "{0}", "{2,1}",
    "{1001}", "{2}{2}", "{0,3}?",
];

const GROUPS: [&str; 13] = [
    "(", "(?:", "(?i:", "(?s:", "(?m:", "(?-i:", "(?i-m:", "(?P<n>", "(?<m>", "(?P<é>", "(?=",
    "(?>", "(?U:",
];

/// What values are put together from.
const PIECES: [&[u8]; 34] = [
    b"a",
    b"b",
    b"c",
    b"ab",
    b"k",
    b"s",
    b"K",
    b"S",
    b"A",
    b"1",
    b"-",
    b"&",
    b"~",
    b"/",
    b"[",
    b"]",
    b"{",
    b"{,2}",
    b"\n",
    b" ",
    b".",
    b"\xc3\xa9",
    b"\xe9",
    b"\xc3\x89",
    b"\xc3\xbf",
    b"\xe2\x84\xaa",
    b"\xc5\xbf",
    b"\xe2\x82\xac",
    b"\xff",
    b"\xe0\x80\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xc1\x80",
    b"_",
];

impl Invention {
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// An expression, and values to hold against it.
    pub(crate) fn question(&mut self, values: usize) -> (String, Vec<Vec<u8>>) {
        let expression = self.alternatives(0);
        let values = (0..values).map(|_| self.value(&expression)).collect();
        (expression, values)
    }

    /// The next number below another (xorshift).
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let place = self.below(all.len());
        all[place]
    }

    fn alternatives(&mut self, depth: usize) -> String {
        let count = 1 + usize::from(self.below(4) == 0) + usize::from(self.below(12) == 0);
        let all: Vec<String> = (0..count).map(|_| self.sequence(depth)).collect();
        all.join("|")
    }

    fn sequence(&mut self, depth: usize) -> String {
        let parts = self.below(4);
        let mut all = String::new();
        for _ in 0..parts {
            let part = match self.below(10) {
                0..4 => self.one_of(&ATOMS[..17]).to_owned(),
                4 | 5 => self.one_of(&ATOMS).to_owned(),
                6 | 7 => self.class(),
                _ if depth < 3 => self.group(depth),
                _ => ".".to_owned(),
            };
            all.push_str(&part);
            if self.below(3) == 0 {
                // Most repetitions are right.
                let last = if self.below(4) == 0 {
                    REPETITIONS.len()
                } else {
                    6
                };
                all.push_str(self.one_of(&REPETITIONS[..last]));
            }
        }
        all
    }

    fn class(&mut self) -> String {
        let negated = if self.below(3) == 0 { "^" } else { "" };
        let count = 1 + self.below(3);
        let members: Vec<&str> = (0..count).map(|_| self.one_of(&MEMBERS)).collect();
        format!("[{negated}{}]", members.concat())
    }

    fn group(&mut self, depth: usize) -> String {
        let kinds = if self.below(4) == 0 { GROUPS.len() } else { 5 };
        let open = self.one_of(&GROUPS[..kinds]);
        let close = if self.below(40) == 0 { "" } else { ")" };
        format!("{open}{}{close}", self.alternatives(depth + 1))
    }

    fn value(&mut self, expression: &str) -> Vec<u8> {
        let mut value = Vec::new();
        let characters: Vec<char> = expression.chars().collect();
        for _ in 0..self.below(5) {
            // Half of it is what the expression itself is made of.
            if self.below(2) == 0 && !characters.is_empty() {
                let one = self.one_of(&characters);
                value.extend_from_slice(one.to_string().as_bytes());
            } else {
                value.extend_from_slice(self.one_of(&PIECES));
            }
        }
        value
    }
}
