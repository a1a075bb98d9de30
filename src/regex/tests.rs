use super::Regex;

#[test]
fn a_whole_value_must_match() {
    let cases: [(&str, &[u8], bool); 14] = [
        ("ab", b"ab", true),
        ("ab", b"xab", false),
        ("ab", b"abx", false),
        ("a|ab", b"ab", true),
        ("a|b", b"xb", false),
        ("", b"", true),
        ("", b"a", false),
        ("(?x)a # a comment", b"a", true),
        ("a.*", b"a\n", false),
        ("(?s)a.*", b"a\n\xff", true),
        ("a$", b"a\n", false),
        ("(?m)a$", b"a\nb", false),
        ("(?i)ADMIN", b"admin", true),
        (r"\xff", b"\xff", true),
    ];
    for (text, value, expected) in cases {
        let regex = Regex::parse(text).unwrap();
        let matcher = regex.matcher().unwrap();
        assert_eq!(matcher.matches(value), expected, "{text}");
        assert_eq!(matcher.matches(value), expected, "{text}, again");
        let table = regex.table().unwrap();
        assert_eq!(table.matches(value), expected, "{text}, by its table");
    }
}

#[test]
fn what_cannot_be_compiled_is_refused_on_one_line() {
    let deep = format!("{}{}", "(".repeat(400), ")".repeat(400));
    let bad = [
        "(",
        "a)|(b",
        "[z-a]",
        r"\1",
        "(?=a)",
        r"\p{Greek}",
        "(?u)é\\w",
        "(?u:a)",
        "a(?i-s:b(?u)c)",
        "a{1000}{1000}",
        "(?:a*){4294967295}",
        "((a{99}){99}){99}",
        &deep,
        &"a".repeat(1025),
    ];
    for text in bad {
        let error = Regex::parse(text).expect_err(text);
        assert!(
            !error.contains('\n') && !error.is_empty(),
            "{text}: {error}"
        );
    }
}

#[test]
fn no_expression_takes_long_to_refuse() {
    let huge = "{4294967295}";
    for inner in [
        "",
        "^",
        "|",
        r"\b",
        "(?:)*",
        "(?:^|$)",
        "a{0}",
        "(?:(?:){4294967295})",
        "a?",
    ] {
        let start = std::time::Instant::now();
        let _ = Regex::parse(&format!("(?:{inner}){huge}"));
        let _ = Regex::parse(&format!("(?:(?:{inner}){huge}b?){huge}"));
        assert!(start.elapsed().as_secs() < 5, "{inner}");
    }
}
