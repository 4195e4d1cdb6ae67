//! Values borrowed from the input where they can be, and tolerant of the wrong type where that is no loss.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A string, borrowed from the input unless it holds escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// A finite number, or nothing where there is another value.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Number(pub(crate) Option<f64>);

impl Number {
    /// Returns the number as a non-negative whole number, where it is one.
    pub(crate) fn whole(self) -> Option<u64> {
        // Below 2^53 every whole number has its own `f64`, so the conversion back is exact.
        self.0.filter(|number| number.fract() == 0.0 && (0.0..9.0e15).contains(number)).map(|number| number as u64)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        struct NumberVisitor;

        impl<'de> Visitor<'de> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number(Some(number).filter(|number| number.is_finite())))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(Some(number as f64)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                // A number in quotes is still that number; any other text is none.
                Ok(Number(text.trim().parse().ok().filter(|number: &f64| number.is_finite())))
            }

            fn visit_unit<E: Error>(self) -> Result<Number, E> {
                Ok(Number(None))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Number, E> {
                Ok(Number(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Number, A::Error> {
                while sequence.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Number(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Number, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Number(None))
            }
        }

        deserializer.deserialize_any(NumberVisitor)
    }
}

/// Any value, kept as it stands until somebody asks for it: a wrong type costs the value, not the record around it.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Lenient<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl<'a> Lenient<'a> {
    /// Returns the value, where there is one of this type.
    pub(crate) fn get<Value: Deserialize<'a>>(&self) -> Option<Value> {
        // A value of another type counts as absent, as the type's documentation says.
        self.0.and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// Returns the JSON text, where there is a value.
    pub(crate) fn json(&self) -> Option<&'a str> {
        self.0.map(RawValue::get)
    }

    /// Returns the value as Python's `str()` shows it: strings as they are, `True`, numbers as written; `None` where there is none.
    pub(crate) fn shown(&self) -> Option<String> {
        let raw = self.json()?;
        Some(match raw {
            "true" => "True".to_owned(),
            "false" => "False".to_owned(),
            _ => self.get::<Text<'_>>().map_or_else(|| raw.to_owned(), Text::into_owned),
        })
    }

    /// Returns the value as Python's `str()` shows it, which is `None` where there is none.
    pub(crate) fn shown_or_none(&self) -> String {
        self.shown().unwrap_or_else(|| "None".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Sample<'a> {
        #[serde(borrow)]
        text: Option<Text<'a>>,
        #[serde(default)]
        number: Number,
        #[serde(borrow, default)]
        any: Lenient<'a>,
    }

    #[test]
    fn texts_are_borrowed_unless_escaped() {
        let sample: Sample<'_> = serde_json::from_str(r#"{"text": "plain", "any": [1]}"#).expect("JSON");
        assert!(matches!(sample.text, Some(Text(Cow::Borrowed("plain")))));
        let sample: Sample<'_> = serde_json::from_str(r#"{"text": "a\nb"}"#).expect("JSON");
        assert_eq!(sample.text.as_deref(), Some("a\nb"));
    }

    #[test]
    fn a_value_of_the_wrong_type_is_absent_and_harms_nothing() {
        for (json, number) in [
            ("1", Some(1.0)),
            ("\"2.5\"", Some(2.5)),
            ("null", None),
            ("[[]]", None),
            ("{\"a\": 1}", None),
            ("\"x\"", None),
        ] {
            let text = format!("{{\"number\": {json}, \"any\": {json}}}");
            let sample: Sample<'_> = serde_json::from_str(&text).expect("JSON");
            assert_eq!(sample.number.0, number, "{json}");
            assert_eq!(sample.any.get::<bool>(), None);
        }
    }

    #[test]
    fn values_are_shown_as_python_shows_them() {
        for (json, shown) in [("true", "True"), ("1.50", "1.50"), ("\"a\\tb\"", "a\tb"), ("[1, 2]", "[1, 2]")] {
            let text = format!("{{\"any\": {json}}}");
            let sample: Sample<'_> = serde_json::from_str(&text).expect("JSON");
            assert_eq!(sample.any.shown().as_deref(), Some(shown));
        }
    }
}
