use super::*;
use crate::settings::{PathReading, Quirks, Readings};
use crate::truth::Truth::{self, False, True, Unknown};

mod properties;

#[track_caller]
fn exact(path: &str) -> PathPattern {
    PathPattern::exact(path).unwrap_or_else(|| panic!("{path} is unmatchable"))
}

#[track_caller]
fn prefix(path: &str) -> PathPattern {
    PathPattern::prefix(path).unwrap_or_else(|| panic!("{path} is unmatchable"))
}

fn judge(pattern: &PathPattern, path: &[u8], settings: &Readings) -> Truth {
    let matcher = PathMatcher::of_pattern(pattern);
    judge_calico(&[&matcher].into_iter(), &RequestPath::read(path, settings))
}

#[track_caller]
fn check<const N: usize>(pattern: &PathPattern, wanted: Truth, paths: [&str; N]) {
    for path in paths {
        let judged = judge(pattern, path.as_bytes(), &Readings::default());
        assert_eq!(judged, wanted, "{pattern:?} of {path}");
    }
}

/// The table of calico.md 4.6, and the steps in their order.
#[test]
fn normalised() {
    for (raw, wanted) in [
        ("/a/../b?x", Some("/b")),
        ("/a//b/./c/", Some("/a/b/c")),
        ("/..", Some("/")),
        ("/p/..;v=1/q", Some("/q")),
        ("/p%3Fq", Some("/p?q")),
        ("/x%00y", None),
        ("http://h/x", None),
        ("x", None),
        ("", None),
        ("/a%2F..%2Fb", Some("/b")),
        ("/%70ub", Some("/pub")),
        ("/p\\..\\q", Some("/q")),
        ("/a;x=1/b;y", Some("/a/b")),
        ("/%252e%252e/x", None),
        ("/%zz", None),
        ("/p%3Bz/q", Some("/p/q")),
        ("*", None),
        ("h:443", None),
        ("?x", None),
        ("/", Some("/")),
        ("\\a", Some("/a")),
        ("%2Fa", Some("/a")),
        ("/a+b", Some("/a+b")),
        ("/a%20b", Some("/a b")),
        ("/a%2", None),
        ("/100%", None),
        ("/a?%zz#%00", Some("/a")),
        ("/a#%zz?%00", Some("/a")),
        ("/%252E", None),
        ("/%252F", None),
        ("/%255C", None),
        ("/%2541", Some("/%41")),
        ("/a;%252e/b", None),
        ("/%23", Some("/#")),
    ] {
        assert_eq!(
            normalise(raw.as_bytes()).as_deref(),
            wanted.map(str::as_bytes),
            "{raw}"
        );
    }
    assert_eq!(normalise(b"/x\0y"), None);
    assert_eq!(normalise(b"/\xe9%FF/."), Some(b"/\xe9\xff".to_vec()));
}

#[test]
fn the_path_of_a_rule_is_normalised_too() {
    assert_eq!(prefix("/a/../b//c/?x").path(), b"/b/c");
    assert_eq!(
        (exact("/").kind(), prefix("/").kind()),
        (PathKind::Exact, PathKind::Prefix)
    );
    for unmatchable in ["/100%", "", "a", "/%252e", "/%00"] {
        assert_eq!(PathPattern::exact(unmatchable), None);
        assert_eq!(PathPattern::prefix(unmatchable), None);
    }
}

/// calico.md 6, C61 to C73. What Calico calls no match is Unknown where a reader less careful
/// would go there.
#[test]
fn conformance_rows() {
    check(&exact("/foo"), True, ["/foo", "/foo?x", "/foo#x", "/foo/"]); // C61
    check(&exact("/foo"), False, ["/foobar", "/joo"]);
    check(&prefix("/foo"), True, ["/foo", "/foo/bar", "/foo//x"]); // C62
    check(&prefix("/foo"), False, ["/foobar", "/joobar"]);
    check(&prefix("/foobar"), False, ["/foo?bar", "/foo#bar"]); // C63
    let public = prefix("/public");
    check(
        &public,
        Unknown,
        ["/public/../admin", "/public%2F..%2Fadmin"],
    ); // C64
    check(
        &public,
        Unknown,
        ["/public/%2E%2e/admin", "/public//../admin"],
    );
    check(
        &public,
        True,
        ["/public//foo", "/public/", "/public/index.html"],
    ); // C65
    // C65 too, but `public` may be the name of a host (design section 5).
    check(&public, Unknown, ["//public"]);
    check(&exact("/public"), True, ["/public/.", "/public/../public"]); // C66
    check(&exact("/public/foo"), True, ["/public/bar/../foo"]);
    check(&exact("/public/file"), True, ["/public/%66ile"]); // C67
    check(
        &public,
        Unknown,
        ["/public\\..\\admin", "/public/..\\admin"],
    ); // C68
    check(&public, Unknown, ["/public%5C..%5Cadmin"]);
    check(&public, True, ["/public/foo\\bar"]);
    check(
        &public,
        Unknown,
        ["/public/..;x/admin", "/public/..%3Bx/admin"],
    ); // C69
    check(&public, True, ["/public/foo;j=1", "/public/foo;x=1/bar"]);
    let hidden = ["/%252e/public", "/x%252F", "/x%255c", "/x\0", "/public%00"];
    check(&public, Unknown, hidden); // C70
    check(&prefix("/pub"), False, ["/public", "/public-leak"]); // C71
    check(&prefix("/pub"), True, ["/pub", "/pub/x"]);
    check(
        &prefix("/"),
        Unknown,
        ["foo", "", "*", "h:443", "http://h/", "\\", "%2F"],
    ); // C72
    check(&prefix("/"), True, ["/", "/x", "//", "/..", "/?"]);
    let settings = Readings::default();
    let request = RequestPath::read(b"/second", &settings); // C73
    let either = [exact("/first"), exact("/second")].map(|one| PathMatcher::of_pattern(&one));
    assert_eq!(judge_calico(&either.iter(), &request), True);
}

/// istio.md 9, by row: requests that once got past a DENY of `/admin`.
#[test]
fn security_record() {
    let admin = exact("/admin");
    check(&admin, True, ["/admin#x", "/admin?x"]); // 1, 9
    check(&admin, Unknown, ["/admin%23x", "/admin%3Fx"]); // 1: data, unless parsed twice
    // What Calico reads as the path, and others as another.
    check(
        &admin,
        Unknown,
        ["//admin", "/a%2f..%2fadmin", "/a%5C..%5Cadmin"],
    ); // 5
    check(&admin, Unknown, ["/admin;x=1"]); // 18
    check(&admin, Unknown, ["/admin;x=1/public"]); // 18: Envoy's option drops all of it
    check(&admin, Unknown, ["/;a=b/admin"]); // 19
    check(
        &admin,
        Unknown,
        ["/public/..;/admin", "/public/.;/../admin"],
    ); // 20
    check(&admin, True, ["/info/../admin"]); // 36
    check(&admin, Unknown, ["", "*", "host:443"]); // 22
    check(
        &admin,
        False,
        ["/info", "/admi", "/admin.html", "/?/admin", "/?/../admin"],
    );
}

/// Orders of the steps that differ from Calico's, each of some real software.
#[test]
fn other_readings() {
    let admin = prefix("/admin");
    // Dot segments first and slashes after, as Envoy does.
    check(&admin, Unknown, ["/admin///../.."]);
    // Dot segments that are escaped, but escaped slashes kept in a name.
    check(
        &admin,
        Unknown,
        ["/z/%2e%2e/admin/x%2f..%2f..%2fq", "/%61dmin%2F../x"],
    );
    // Normalised by a proxy, decoded by what is behind it.
    check(&admin, Unknown, ["/z/../%61dmin/x%2F..%2F.."]);
    // Decoded until there is nothing left to decode, in two ways of saying "a".
    check(
        &admin,
        Unknown,
        [
            "/%2561dmin",
            "/%252561dmin",
            "/%25252561dmin",
            "/x/..%3b/%2561dmin",
        ],
    );
    // Parameters of the first segment that has some, and no other.
    check(&admin, Unknown, ["/z/..;/admin/..;/..;"]);
    // A string that ends at NUL.
    check(&exact("/admin"), Unknown, ["/admin%2500.png"]);
    // The fragment as part of the path.
    check(&admin, Unknown, ["/x#/../../admin"]);
    check(
        &admin,
        False,
        ["/x/%61dmin", "/x;/admin", "/x%20admin", "/x#/admin"],
    );
}

#[test]
fn strictly_true_only_where_all_readings_agree() {
    let settings = Readings::default();
    let is_unreadable = |path: &str| RequestPath::read(path.as_bytes(), &settings).is_unreadable();
    assert!(is_unreadable("a") && !is_unreadable("//a"));
    let strict = |path: &str| judge(&prefix("/a"), path.as_bytes(), &settings);
    assert_eq!(strict("/a/b/?x"), True);
    assert_eq!(strict("/a/./b%20c;d//e"), True);
    assert_eq!(strict("//a"), Unknown);
    assert_eq!(strict("/b/../a"), True);
    assert_eq!(strict("/a/../b"), Unknown);
    assert_eq!(strict("/b%20"), False);
    assert_eq!(strict("a"), Unknown);
}

#[test]
fn work_is_bounded() {
    let longest = format!("/{}", "a".repeat(MAX_PATH - 1));
    check(
        &exact(&longest),
        True,
        [longest.as_str(), &format!("{longest}?{longest}")],
    );
    check(&exact("/a"), Unknown, [&format!("{longest}a")]);
    for soup in ["/a;b", "/%2f\\", "/a%2541\\..;x#//%3f"] {
        let path = soup.repeat(MAX_PATH / soup.len());
        check(&exact("/elsewhere"), Unknown, [path.as_str()]);
        let own = PathPattern::exact(&path);
        let own = own.map(|own| judge(&own, path.as_bytes(), &Readings::default()));
        assert_ne!(own, Some(False), "{soup}");
    }
}

/// The limits leave room for what honest clients send.
#[test]
fn ordinary_paths_stay_within_the_limits() {
    for path in [
        "/search/caf%C3%A9%20cr%C3%A8me/%E2%82%AC?q=%20",
        "/map;zoom=3/at;x=1;y=2/pin%20point",
        "/a//b/./c/../d%20e;v=1#top",
    ] {
        check(&exact("/elsewhere"), False, [path]);
    }
    let long = format!("/{}", "%20".repeat(MAX_PATH / 3));
    check(&exact("/elsewhere"), False, [long.as_str()]);
}

/// Values have readings as well, and each reader reads both alike.
#[test]
fn readings_of_values() {
    check(
        &exact("/a%3Ab"),
        True,
        ["/a:b", "/a%3Ab", "/a%3ab/", "/%61:b"],
    );
    check(&prefix("/caf%C3%A9"), True, ["/caf%c3%a9/x", "/caf%C3%A9"]);
    check(&exact("/a%2Fb"), True, ["/a%2Fb", "/a%2fb"]);
    // Who keeps the slash of the value sees another path.
    check(&exact("/a%2Fb"), Unknown, ["/a/b"]);
    check(&prefix("/a%2Fb"), True, ["/a%2fb/c"]);
    check(&prefix("/a%2Fb"), Unknown, ["/a/b/c"]);
    check(&exact("/a;b"), Unknown, ["/a", "/a;c"]);
    check(&exact("/a;b"), True, ["/a;b"]);
    check(&prefix("/a%2Fb"), False, ["/a", "/ab"]);
}

fn check_bytes(matcher: &PathMatcher, wanted: Truth, paths: &[&str]) {
    for path in paths {
        let request = RequestPath::read(path.as_bytes(), &Readings::default());
        let judged = judge_bytes(&[matcher].into_iter(), &request);
        assert_eq!(judged, wanted, "{matcher:?} of {path}");
    }
}

/// Where the system of the policy compares bytes, an Allow needs those, and all readings.
#[test]
fn paths_that_are_compared_byte_by_byte() {
    let exact = PathMatcher::exact("/public");
    check_bytes(&exact, True, &["/public", "/public?x"]);
    check_bytes(
        &exact,
        Unknown,
        &["/public/", "/PUBLIC", "/publi%63", "//x/public"],
    );
    check_bytes(&exact, Unknown, &["/%u0070ublic", "/public;x"]);
    check_bytes(&exact, False, &["/publi", "/publicx", "/x/public"]);
    let start = PathMatcher::start("/caf%C3%A9/");
    check_bytes(&start, True, &["/caf%C3%A9/x", "/caf%C3%A9/%78"]);
    check_bytes(
        &start,
        Unknown,
        &["/caf%c3%a9/x", "/CAF%C3%A9/x", "/caf%C3%A9/../x"],
    );
    check_bytes(&start, False, &["/cafe/x"]);
    let escaped = PathMatcher::start("/a%2fb/");
    check_bytes(&escaped, True, &["/a%2fb/c"]);
    check_bytes(&escaped, Unknown, &["/a/b/c", "/a%2Fb/c"]);
    let end = PathMatcher::end("/x.js");
    check_bytes(&end, True, &["/a/x.js"]);
    check_bytes(
        &end,
        Unknown,
        &["/a/x.js/", "/a/X.JS", "/admin;/x.js", "/a/%78.js"],
    );
    let template = PathTemplate::parse("/caf%C3%A9/{*}/x").unwrap();
    let template = PathMatcher::template(&template);
    check_bytes(&template, True, &["/caf%C3%A9/a/x"]);
    check_bytes(
        &template,
        Unknown,
        &["/caf%c3%a9/a/x", "/Caf%C3%A9/a/x", "/caf%C3%A9/a%2Fb/x"],
    );
    check_bytes(&template, False, &["/caf%C3%A9/a/b/x", "/caf%C3%A9/x"]);
    check_bytes(&PathMatcher::anything(), True, &["/", "/a%2Fb", "//x"]);
    check_bytes(&PathMatcher::unknown(), Unknown, &["/", "/a"]);
}

#[test]
fn each_quirk_of_paths_has_a_switch() {
    let judged = |quirks: Quirks, path: &str| {
        let settings = Readings {
            quirks,
            ..Readings::default()
        };
        judge(&exact("/admin"), path.as_bytes(), &settings)
    };
    let on = Quirks::default();
    let case = Quirks {
        path_case: false,
        ..on
    };
    let percent_u = Quirks {
        percent_u: false,
        ..on
    };
    assert_eq!(judged(on, "/Admin"), Unknown);
    assert_eq!(judged(case, "/Admin"), False);
    let bytes = |settings: Readings| {
        let request = RequestPath::read(b"/%u0061dmin", &settings);
        judge_bytes(&[&PathMatcher::exact("/admin")].into_iter(), &request)
    };
    let quirks = |quirks| Readings {
        quirks,
        ..Readings::default()
    };
    assert_eq!(bytes(quirks(on)), Unknown);
    assert_eq!(bytes(quirks(percent_u)), False);
}

/// `pathReading: Calico`: an Allow needs Calico's reading alone, a Deny is met by any.
#[test]
fn calicos_single_reading() {
    let settings = Readings {
        path: PathReading::Calico,
        ..Readings::default()
    };
    for (path, wanted) in [
        ("//public/admin", True),
        ("/x%2f..%2fpublic", True),
        ("/public;x=1", True),
        ("/public%2F..%2Fadmin", Unknown),
        ("/PUBLIC", Unknown),
        ("/other", False),
    ] {
        let judged = judge(&prefix("/public"), path.as_bytes(), &settings);
        assert_eq!(judged, wanted, "{path}");
    }
}

/// Whoever resolves dot segments before the fragment is cut off serves something else.
#[test]
fn the_path_of_a_policy_is_not_certain_before_a_fragment_with_dots() {
    check(&exact("/b"), True, ["/b", "/b#", "/b#x", "/b#x/y"]);
    check(&exact("/b"), Unknown, ["/b#/..", "/b#/../../admin"]);
    check(&exact("/"), Unknown, ["/#/../..a", "/#/../b"]);
}
