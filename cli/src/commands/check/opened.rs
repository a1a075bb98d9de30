//! What a configuration opens that switches readings of requests off.

use heliast::problem::{FieldPath, Problem, Segment, Severity};
use heliast::settings::{PathReading, Readings};

/// A warning for each reading that no longer counts.
pub(super) fn problems(readings: &Readings) -> Vec<Problem> {
    let quirks = readings.quirks;
    let opened = [
        (
            readings.path == PathReading::Every,
            &["pathReading"][..],
            "an Allow of Calico's is met where servers read another path than Calico does, such as `/public%2F..%2Fadmin` behind nginx",
        ),
        (
            quirks.path_case,
            &["quirks", "pathCase"],
            "a Deny of `/admin` is not met by `/Admin`, which Express and IIS route alike",
        ),
        (
            quirks.percent_u,
            &["quirks", "percentU"],
            "a Deny of `/admin` is not met by `/%u0061dmin`, which http.sys decodes",
        ),
        (
            quirks.method_case,
            &["quirks", "methodCase"],
            "a Deny of `DELETE` is not met by `delete`, which Flask and Django take for it",
        ),
        (
            quirks.header_underscores,
            &["quirks", "headerUnderscores"],
            "a Deny by the header `x-role` is not met by `x_role`, which CGI and WSGI take for it",
        ),
        (
            quirks.host_forms,
            &["quirks", "hostForms"],
            "a Deny of the host `admin.example` is not met by `admin.example:80` or `user@admin.example`",
        ),
    ];
    let off = opened.into_iter().filter(|(is_on, ..)| !is_on);
    let problem = |(_, path, what): (bool, &[&str], &str)| {
        let keys = path.iter().map(|key| Segment::Key((*key).to_owned()));
        Problem {
            severity: Severity::Warning,
            code: "reading-switched-off",
            document: 0,
            object: "plugin configuration".to_owned(),
            path: FieldPath(keys.collect()),
            message: format!("with this setting {what}"),
            help: Some("leave it out, unless nothing behind the proxy does so".to_owned()),
        }
    };
    off.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::problems;
    use heliast::settings::{PathReading, Quirks, Readings};

    #[test]
    fn each_switch_is_told() {
        assert_eq!(problems(&Readings::default()), []);
        let off = Readings {
            path: PathReading::Calico,
            quirks: Quirks {
                path_case: false,
                percent_u: false,
                method_case: false,
                header_underscores: false,
                host_forms: false,
            },
        };
        let paths: Vec<String> = problems(&off)
            .iter()
            .map(|one| one.path.to_string())
            .collect();
        let quirks = [
            "pathCase",
            "percentU",
            "methodCase",
            "headerUnderscores",
            "hostForms",
        ];
        let quirks = quirks.map(|quirk| format!("quirks.{quirk}"));
        assert_eq!(
            paths,
            [vec!["pathReading".to_owned()], quirks.to_vec()].concat()
        );
    }
}
