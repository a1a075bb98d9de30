//! As much of Markdown as our pages use.

use std::collections::BTreeMap;

/// What matters of a page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// What a link may have behind `#`.
    pub(crate) anchors: Vec<String>,
    /// Where links lead, with the line.
    pub(crate) links: Vec<(usize, String)>,
    /// Blocks of code, fenced or indented.
    pub(crate) blocks: Vec<Block>,
}

/// A block of code.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) line: usize,
    /// The word behind the fence; empty where there is none.
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut seen = BTreeMap::new();
        let mut fence: Option<Block> = None;
        let mut indented: Option<Block> = None;
        let mut blank = true;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            if let Some(marker) = line.trim_start().strip_prefix("```") {
                match fence.take() {
                    Some(block) => page.blocks.push(block),
                    None => fence = Some(Block::new(number, marker.trim())),
                }
            } else if let Some(block) = &mut fence {
                block.push(line);
            } else if line.starts_with("    ") && (blank || indented.is_some()) {
                indented
                    .get_or_insert_with(|| Block::new(number, ""))
                    .push(line);
            } else if line.trim().is_empty() {
                if let Some(block) = &mut indented {
                    block.push("");
                }
            } else {
                page.blocks.extend(indented.take());
                page.prose(number, line, &mut seen);
            }
            blank = line.trim().is_empty();
        }
        page.blocks.extend(indented);
        page
    }

    fn prose(&mut self, number: usize, line: &str, seen: &mut BTreeMap<String, usize>) {
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.starts_with(' ') {
            let slug = slug(heading.trim());
            let count = seen.entry(slug.clone()).or_insert(0);
            self.anchors.push(match *count {
                0 => slug,
                repeated => format!("{slug}-{repeated}"),
            });
            *count += 1;
        }
        let without_code: String = line.split('`').step_by(2).collect();
        for part in without_code.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            self.links.push((number, target.to_owned()));
        }
    }
}

impl Block {
    fn new(line: usize, language: &str) -> Self {
        Self {
            line,
            language: language.to_owned(),
            text: String::new(),
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

#[test]
fn pages_are_read_as_they_show() {
    let page = Page::parse(
        "# A b, c\n[x](y.md#z) `[no](link)`\n\n    code: 1\n\n    more: 2\n# A b, c\n```yaml\n[no](link)\n```\n",
    );
    assert_eq!(page.anchors, ["a-b-c", "a-b-c-1"]);
    assert_eq!(page.links, [(2, "y.md#z".to_owned())]);
    let blocks: Vec<_> = page
        .blocks
        .iter()
        .map(|block| (block.line, &*block.language))
        .collect();
    assert_eq!(
        blocks,
        [(8, "yaml"), (4, "")]
            .map(|block| block)
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
    );
}
