//! What the parser knows between two pages, as a state that another run goes on from.

use super::context::Context;
use super::error::DumpError;
use super::ledger::Counts;
use super::parser::Parser;
use super::siteinfo::{Namespace, SiteInfo};
use super::state::{Value, refused};

impl Parser {
    /// All that the pages before this place left behind. Only between pages.
    pub(crate) fn snapshot(&self) -> Value {
        let Context { namespaces, is_commons: _, is_file_export, drops_slots } = &self.context;
        let warning =
            |(offset, message): &(u64, String)| Value::List(vec![Value::number(*offset), Value::Text(message.clone())]);
        let open = |name: &Vec<u8>| Value::List(name.iter().map(|byte| Value::Number(i64::from(*byte))).collect());
        Value::map([
            ("site", self.site.as_ref().map_or(Value::Null, site_state)),
            ("schema_version", Value::text(self.root.0.as_deref())),
            ("language", Value::text(self.root.1.as_deref())),
            ("namespaces", namespaces_state(namespaces)),
            ("is_file_export", Value::Bool(*is_file_export)),
            ("drops_slots", Value::Bool(*drops_slots)),
            ("open", Value::List(self.open.iter().map(open).collect())),
            ("had_end", Value::Bool(self.had_end)),
            ("counts", counts_state(&self.ledger.counts)),
            ("warnings", Value::List(self.ledger.warnings.iter().map(warning).collect())),
        ])
    }

    /// Goes on from a snapshot.
    pub(crate) fn restore(&mut self, state: &Value) -> Result<(), DumpError> {
        let context = Context {
            namespaces: to_namespaces(state)?,
            is_file_export: state.to_bool("is_file_export")?,
            drops_slots: state.to_bool("drops_slots")?,
            ..self.context.clone()
        };
        self.resume(context);
        self.site = match state.get("site")? {
            Value::Null => None,
            site => Some(to_site(site)?),
        };
        self.root = (state.to_text("schema_version")?, state.to_text("language")?);
        self.open = state.to_list("open")?.iter().map(to_name).collect::<Result<_, _>>()?;
        self.had_end = state.to_bool("had_end")?;
        self.ledger.counts = to_counts(state.get("counts")?)?;
        for warning in state.to_list("warnings")? {
            match warning {
                Value::List(pair) => match pair.as_slice() {
                    [Value::Number(offset), Value::Text(message)] => {
                        let offset = u64::try_from(*offset).map_err(|_| refused("warnings"))?;
                        self.ledger.warnings.push((offset, message.clone()));
                    }
                    _ => return Err(refused("warnings")),
                },
                _ => return Err(refused("warnings")),
            }
        }
        Ok(())
    }
}

fn to_name(value: &Value) -> Result<Vec<u8>, DumpError> {
    let Value::List(bytes) = value else { return Err(refused("open")) };
    let byte = |value: &Value| match value {
        Value::Number(byte) => u8::try_from(*byte).map_err(|_| refused("open")),
        _ => Err(refused("open")),
    };
    bytes.iter().map(byte).collect()
}

fn site_state(site: &SiteInfo) -> Value {
    let SiteInfo { sitename, dbname, base, generator, case, namespaces, schema_version, language } = site;
    Value::map([
        ("sitename", Value::text(sitename.as_deref())),
        ("dbname", Value::text(dbname.as_deref())),
        ("base", Value::text(base.as_deref())),
        ("generator", Value::text(generator.as_deref())),
        ("case", Value::text(case.as_deref())),
        ("namespaces", namespaces_state(namespaces)),
        ("schema_version", Value::text(schema_version.as_deref())),
        ("language", Value::text(language.as_deref())),
    ])
}

fn to_site(state: &Value) -> Result<SiteInfo, DumpError> {
    Ok(SiteInfo {
        sitename: state.to_text("sitename")?,
        dbname: state.to_text("dbname")?,
        base: state.to_text("base")?,
        generator: state.to_text("generator")?,
        case: state.to_text("case")?,
        namespaces: to_namespaces(state)?,
        schema_version: state.to_text("schema_version")?,
        language: state.to_text("language")?,
    })
}

fn namespaces_state(namespaces: &[Namespace]) -> Value {
    let entry = |Namespace { key, case, name }: &Namespace| {
        Value::List(vec![Value::Number(i64::from(*key)), Value::text(case.as_deref()), Value::Text(name.clone())])
    };
    Value::List(namespaces.iter().map(entry).collect())
}

fn to_namespaces(state: &Value) -> Result<Vec<Namespace>, DumpError> {
    let entry = |value: &Value| {
        let Value::List(fields) = value else { return None };
        let [Value::Number(key), case, Value::Text(name)] = fields.as_slice() else { return None };
        let case = match case {
            Value::Null => None,
            Value::Text(case) => Some(case.clone()),
            _ => return None,
        };
        Some(Namespace { key: i32::try_from(*key).ok()?, case, name: name.clone() })
    };
    state.to_list("namespaces")?.iter().map(|value| entry(value).ok_or_else(|| refused("namespaces"))).collect()
}

fn counts_state(counts: &Counts) -> Value {
    let Counts {
        pages,
        revisions,
        quarantined,
        duplicates,
        uploads,
        logitems,
        unknown_elements,
        unknown_models,
        unknown_parents,
        warnings,
    } = counts;
    Value::map([
        ("pages", Value::number(*pages)),
        ("revisions", Value::number(*revisions)),
        ("quarantined", Value::number(*quarantined)),
        ("duplicates", Value::number(*duplicates)),
        ("uploads", Value::number(*uploads)),
        ("logitems", Value::number(*logitems)),
        ("unknown_elements", Value::number(*unknown_elements)),
        ("unknown_models", Value::number(*unknown_models)),
        ("unknown_parents", Value::number(*unknown_parents)),
        ("warnings", Value::number(*warnings)),
    ])
}

fn to_counts(state: &Value) -> Result<Counts, DumpError> {
    Ok(Counts {
        pages: state.to_number("pages")?,
        revisions: state.to_number("revisions")?,
        quarantined: state.to_number("quarantined")?,
        duplicates: state.to_number("duplicates")?,
        uploads: state.to_number("uploads")?,
        logitems: state.to_number("logitems")?,
        unknown_elements: state.to_number("unknown_elements")?,
        unknown_models: state.to_number("unknown_models")?,
        unknown_parents: state.to_number("unknown_parents")?,
        warnings: state.to_number("warnings")?,
    })
}
