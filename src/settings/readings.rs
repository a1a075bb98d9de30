//! How much of what servers may make of a request counts (`pathReading` and `quirks`).

/// How the texts of a request are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readings {
    /// Which readings of a path an Allow of Calico's needs.
    pub path: PathReading,
    /// What only some servers do.
    pub quirks: Quirks,
}

/// Which readings of a path Calico's `http.paths` need to be met for certain (`pathReading`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PathReading {
    /// Every one.
    #[default]
    Every,
    /// Calico's own, whatever others read.
    Calico,
}

/// What only some servers do to the texts of a request (`quirks`). Each adds matches to a Deny and
/// to what an Allow excludes, and takes nothing from what an Allow asks for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each a key of the configuration"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// Paths are routed without regard to case (Express, IIS).
    pub path_case: bool,
    /// `%uXXXX` in a path is decoded (http.sys).
    pub percent_u: bool,
    /// Methods are taken in any case (Flask, Django).
    pub method_case: bool,
    /// `_` in the name of a header is read as `-` (CGI, WSGI).
    pub header_underscores: bool,
    /// What else may be the host in an authority: without port, userinfo or the dot at its end,
    /// decoded, or one of several behind commas.
    pub host_forms: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            path_case: true,
            percent_u: true,
            method_case: true,
            header_underscores: true,
            host_forms: true,
        }
    }
}
