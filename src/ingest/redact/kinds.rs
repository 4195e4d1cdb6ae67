//! The kinds of secrets that are known by their own letters.

/// One kind of secret.
pub(super) struct Kind {
    /// Its name in masks and counts.
    pub(super) name: &'static str,
    /// What it begins with, in lower case; letters of either case are looked for.
    pub(super) needles: &'static [&'static str],
    /// What it looks like from there on. A group `secret` is what is masked; the whole without one.
    pub(super) pattern: &'static str,
    /// Where it may begin.
    pub(super) begins: Begins,
    /// What else it must be.
    pub(super) check: fn(&str) -> bool,
    /// Where it is looked for.
    pub(super) scope: Scope,
}

/// Where a secret may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// Anywhere: its mark is long enough to be no accident.
    Anywhere,
    /// Not within a word.
    AtWord,
}

/// Where a secret is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In names of tests too: it is what it looks like, whoever writes it.
    Names,
    /// In texts only: in a name it would rather be a parameter that says what the test is about.
    Texts,
}

fn anything(_: &str) -> bool {
    true
}

/// Whether this is rather random than written by hand.
fn mixed(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}

/// Whether this is no plain word: `bearer authentication` is prose.
fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether this is a credential behind `Authorization:`, not a word about it.
fn credential(text: &str) -> bool {
    has_digit(text) || text.len() >= 24 && !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Whether a password in an address is one, and no variable or placeholder.
fn url_password(text: &str) -> bool {
    text.len() > 2 && !super::assignment::is_placeholder(text)
}

macro_rules! kind {
    ($name:literal, [$($needle:literal),+], $pattern:literal) => {
        kind!($name, [$($needle),+], $pattern, Anywhere, anything, Names)
    };
    ($name:literal, [$($needle:literal),+], $pattern:literal, $begins:ident, $check:ident, $scope:ident) => {
        Kind {
            name: $name,
            needles: &[$($needle),+],
            pattern: $pattern,
            begins: Begins::$begins,
            check: $check,
            scope: Scope::$scope,
        }
    };
}

/// Every kind that is known by its own letters.
pub(super) const KINDS: &[Kind] = &[
    kind!("github-token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    kind!("github-token", ["github_pat_"], r"github_pat_[A-Za-z0-9_]{30,255}"),
    kind!(
        "gitlab-token",
        ["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glft-", "glimt-", "glagent-"],
        r"gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent)-[A-Za-z0-9_.-]{18,}"
    ),
    kind!(
        "aws-key",
        ["akia", "asia", "abia", "acca"],
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
        AtWord,
        anything,
        Names
    ),
    kind!(
        "slack-token",
        ["xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        r"(?:xox[a-z][-.]|xapp-)[A-Za-z0-9-]{10,}"
    ),
    kind!(
        "slack-webhook",
        ["hooks.slack.com/"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_-]{20,})"
    ),
    kind!("google-key", ["aiza"], r"AIza[A-Za-z0-9_-]{35}", AtWord, anything, Names),
    kind!("google-token", ["ya29."], r"ya29\.[A-Za-z0-9_-]{20,}", AtWord, anything, Names),
    kind!("google-secret", ["gocspx-"], r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    kind!(
        "stripe-key",
        ["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
        r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}",
        AtWord,
        has_digit,
        Names
    ),
    kind!("stripe-secret", ["whsec_"], r"whsec_[A-Za-z0-9+/=]{24,}", AtWord, anything, Names),
    kind!("npm-token", ["npm_"], r"npm_[A-Za-z0-9]{36}\b", AtWord, has_digit, Names),
    kind!("pypi-token", ["pypi-"], r"pypi-[A-Za-z0-9_-]{50,}"),
    kind!("rubygems-key", ["rubygems_"], r"rubygems_[0-9a-f]{48}\b"),
    kind!("docker-token", ["dckr_pat_", "dckr_oat_"], r"dckr_[po]at_[A-Za-z0-9_-]{20,}"),
    kind!("huggingface-token", ["hf_"], r"hf_[A-Za-z0-9]{30,}", AtWord, mixed, Names),
    kind!("openai-key", ["sk-"], r"sk-[A-Za-z0-9_-]{20,}", AtWord, mixed, Names),
    kind!("sendgrid-key", ["sg."], r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", AtWord, anything, Names),
    kind!("shopify-token", ["shpat_", "shpss_", "shpca_", "shppa_"], r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}\b"),
    kind!("square-token", ["sq0atp-", "sq0csp-"], r"sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}"),
    kind!("digitalocean-token", ["dop_v1_", "doo_v1_", "dor_v1_"], r"do[por]_v1_[0-9a-f]{64}\b"),
    kind!("databricks-token", ["dapi"], r"dapi[0-9a-f]{32}\b", AtWord, anything, Names),
    kind!("vault-token", ["hvs.", "hvb.", "hvr."], r"hv[sbr]\.[A-Za-z0-9_-]{20,}", AtWord, anything, Names),
    kind!("grafana-token", ["glsa_", "glc_"], r"(?:glsa|glc)_[A-Za-z0-9+/=_]{20,}", AtWord, has_digit, Names),
    kind!("linear-key", ["lin_api_"], r"lin_api_[A-Za-z0-9]{30,}"),
    kind!("atlassian-token", ["atatt3"], r"ATATT3[A-Za-z0-9_=-]{40,}"),
    kind!("newrelic-key", ["nrak-"], r"NRAK-[A-Z0-9]{27}\b"),
    kind!("postman-key", ["pmak-"], r"PMAK-[0-9a-f-]{50,}"),
    kind!("age-key", ["age-secret-key-1"], r"(?i)AGE-SECRET-KEY-1[0-9A-Z]{40,}"),
    kind!("jwt", ["eyj"], r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?", AtWord, anything, Names),
    kind!("azure-signature", ["sig="], r"sig=(?P<secret>[A-Za-z0-9%+/_-]{30,}=*)", AtWord, has_digit, Texts),
    kind!(
        "azure-key",
        ["accountkey=", "sharedaccesskey=", "sharedsecretvalue="],
        r"(?i)(?:AccountKey|SharedAccessKey|SharedSecretValue)=(?P<secret>[A-Za-z0-9+/]{30,}=*)"
    ),
    kind!(
        "private-key",
        ["-----begin "],
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?s:.*?)-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|(?:[A-Za-z0-9+/=\s|>]|\\[nr])*)",
        Anywhere,
        anything,
        Texts
    ),
    kind!(
        "url-password",
        ["://"],
        r#"://[^\s/?#:@"'<>\\]*:(?P<secret>[^\s/?#@"'<>\\]+)@"#,
        Anywhere,
        url_password,
        Texts
    ),
    kind!("url-token", ["://"], r"://(?P<secret>[A-Za-z0-9_-]{20,})@", Anywhere, has_digit, Texts),
    kind!("bearer-token", ["bearer "], r"(?i)bearer +(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)", AtWord, has_digit, Texts),
    kind!("basic-credentials", ["basic "], r"(?i)basic +(?P<secret>[A-Za-z0-9+/]{8,}={0,2})", AtWord, has_digit, Texts),
    kind!(
        "authorization",
        ["authorization"],
        r#"(?i)authorization\\?["']?\s*[:=,]\s*\\?[bru]?["']?(?:(?:bearer|basic|token|digest|negotiate|apikey)\s+)?(?P<secret>[^\s"'\\,;<>(){}\[\]]{6,})"#,
        Anywhere,
        credential,
        Texts
    ),
];
