//! An account's audit log: single rows, and blocks of rows that are created on request or share one
//! time.

use serde_json::value::{RawValue, to_raw_value};

use super::row::AuditRow;
use crate::new::NewAuditLog;
use crate::profile::KeyOrder;
use crate::random::scatter;
use crate::term::{Map, Term};

/// Rows on a page.
pub(crate) const PAGE: usize = 100;
/// The most rows that may share one time, because each page looks at all of them.
const MOST_TIED: u32 = 1000;

/// The rows of one account.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditLog {
    /// Oldest first; only ever added to.
    pieces: Vec<Piece>,
    len: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Row(AuditRow),
    Block(Block),
}

/// Rows that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    rows: Rows,
    tied: u32,
}

#[derive(Debug, Clone)]
enum Rows {
    Listed(Vec<AuditRow>),
    Generated {
        first: i64,
        count: usize,
        action: String,
        /// The params of every row. If there are none, rows are numbered.
        params: Option<Box<RawValue>>,
        user_agent: Option<String>,
    },
}

impl Piece {
    /// The pieces that a document describes.
    pub(crate) fn read(form: NewAuditLog) -> Result<Vec<Piece>, String> {
        let alike = form.first.is_some()
            || form.action.is_some()
            || form.params.is_some()
            || form.user_agent.is_some();
        if form.tied > MOST_TIED {
            return Err(format!("tied: {} rows are too many, {MOST_TIED} may be", form.tied));
        }
        let rows = match (form.rows, form.count) {
            (Some(rows), None) if !alike => {
                let rows = rows.into_iter().map(AuditRow::from_form);
                if form.tied <= 1 {
                    return Ok(rows.map(Piece::Row).collect());
                }
                Rows::Listed(rows.collect())
            }
            (None, Some(count)) => Rows::Generated {
                first: form.first.unwrap_or(1),
                count: usize::try_from(count).map_err(|_| "count: too many".to_owned())?,
                action: form.action.unwrap_or_else(|| "key.generate".to_owned()),
                params: form.params,
                user_agent: form.user_agent,
            },
            (Some(_), None) => {
                let text =
                    "first, action, params and user_agent go with \"count\", not with \"rows\"";
                return Err(text.to_owned());
            }
            _ => return Err("expected either \"rows\" or \"count\"".to_owned()),
        };
        Ok(vec![Piece::Block(Block { rows, tied: form.tied })])
    }

    pub(crate) fn form(&self, username: &str) -> NewAuditLog {
        let mut form = NewAuditLog { username: username.to_owned(), ..NewAuditLog::default() };
        match self {
            Piece::Row(row) => form.rows = Some(vec![row.form()]),
            Piece::Block(Block { rows, tied }) => {
                form.tied = *tied;
                match rows {
                    Rows::Listed(rows) => {
                        form.rows = Some(rows.iter().map(AuditRow::form).collect());
                    }
                    Rows::Generated { first, count, action, params, user_agent } => {
                        form.first = Some(*first);
                        form.count = Some(*count as u64);
                        form.action = Some(action.clone());
                        form.params.clone_from(params);
                        form.user_agent.clone_from(user_agent);
                    }
                }
            }
        }
        form
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Piece::Row(_) => 1,
            Piece::Block(Block { rows: Rows::Listed(rows), .. }) => rows.len(),
            Piece::Block(Block { rows: Rows::Generated { count, .. }, .. }) => *count,
        }
    }

    /// The nth row from the oldest. `order` has the order of the rows that share its time.
    fn term(&self, index: usize, order: &mut Order, keys: KeyOrder) -> Term {
        match self {
            Piece::Row(row) => row.term(keys),
            Piece::Block(Block { rows, tied }) => {
                let index = order.place(index, *tied as usize, self.len());
                match rows {
                    Rows::Listed(rows) => rows[index].term(keys),
                    Rows::Generated { first, action, params, user_agent, .. } => {
                        let number = i64::try_from(index).unwrap_or(i64::MAX);
                        let user_agent = user_agent.as_deref().or(Some("aura-sandbox"));
                        let params = params.clone();
                        let params =
                            params.unwrap_or_else(|| numbered(first.saturating_add(number)));
                        AuditRow::new(action, params, user_agent).term(keys)
                    }
                }
            }
        }
    }
}

/// The order of rows that share one time, for one request.
struct Order {
    nonce: u64,
    /// The group that was sorted last, with its start.
    group: Option<(usize, Vec<usize>)>,
}

impl Order {
    fn place(&mut self, index: usize, tied: usize, len: usize) -> usize {
        if tied <= 1 {
            return index;
        }
        let start = index - index % tied;
        if self.group.as_ref().is_none_or(|(known, _)| *known != start) {
            let mut places: Vec<usize> = (start..len.min(start + tied)).collect();
            places.sort_by_key(|place| scatter(self.nonce ^ *place as u64));
            self.group = Some((start, places));
        }
        self.group.as_ref().map_or(index, |(start, places)| places[index - start])
    }
}

impl AuditLog {
    pub(crate) fn push(&mut self, piece: Piece) {
        self.len = self.len.saturating_add(piece.len());
        self.pieces.push(piece);
    }

    /// Rows in all.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(crate) fn has_ties(&self) -> bool {
        self.pieces.iter().any(|p| matches!(p, Piece::Block(block) if block.tied > 1))
    }

    /// A page, newest first, counted from 0.
    pub(crate) fn page(&self, page: usize, nonce: u64, keys: KeyOrder) -> Vec<Term> {
        let mut skip = page.saturating_mul(PAGE);
        let mut out = Vec::new();
        for piece in self.pieces.iter().rev() {
            let len = piece.len();
            if skip >= len {
                skip -= len;
                continue;
            }
            let mut order = Order { nonce, group: None };
            let wanted = (PAGE - out.len()).min(len - skip);
            out.extend((skip..skip + wanted).map(|n| piece.term(len - 1 - n, &mut order, keys)));
            skip = 0;
            if out.len() == PAGE {
                break;
            }
        }
        out
    }
}

/// The parameters of a numbered row.
fn numbered(number: i64) -> Box<RawValue> {
    let api = Map::new().with("domain", "api").with("resource", Term::Nil);
    let params = Map::new()
        .with("id", number)
        .with("name", format!("row-{number}"))
        .with("permissions", vec![Term::from(api)]);
    to_raw_value(&params).unwrap_or_default()
}
