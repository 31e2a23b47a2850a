//! The prompts that flows and queues can play: those that come with the product, and the organization's own, uploaded as
//! WAV files.

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web::Bytes};
use callcontrol::{
    flow::{self, PACKAGED_PROMPTS},
    prompts::{Sound, packaged_prompt},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{CommandRecord, OrganizationRows, PromptRow, Rows, Store};
use terms::{PromptId, Timestamp, UploadedPromptId, limits};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::voicemails::part;
use crate::{
    Faces,
    answer::{Created, Json, List},
    body::Time,
    caller::Caller,
    describe::{Operation, Takes},
    extract::{Id, IfMatch, Local, Path, Query, State, collect_up_to, has_type},
    noun::{Change, Complaints, Noun, PageQuery, known, made},
    problem::Problem,
};

/// A language tag has at most so many characters (RFC 5646, 4.4.1).
const LANGUAGE_MAX: usize = 35;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptFields {
    /// What flows and queues may name it by; no other prompt has it, a packaged one neither.
    name: String,
    /// A language tag, like `en` or `pt-BR`.
    #[serde(default)]
    language: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prompt {
    /// Null: packaged. Steps may name an uploaded one by its id, too; then it can be renamed.
    id: Option<Uuid>,
    version: Option<i64>,
    #[serde(flatten)]
    fields: PromptFields,
    /// It comes with the product.
    packaged: bool,
    duration_seconds: f64,
    created_by: Option<Uuid>,
    created_at: Option<Time>,
}

impl Prompt {
    fn packaged(name: &str, prompt: PromptId) -> Self {
        Self {
            id: None,
            version: None,
            fields: PromptFields { name: name.to_owned(), language: None },
            packaged: true,
            duration_seconds: packaged_prompt(prompt).duration_ms() as f64 / 1_000.0,
            created_by: None,
            created_at: None,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Prompts {}

impl Noun for Prompts {
    type Row = PromptRow;
    type Write = PromptFields;
    type View = Prompt;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/prompts";

    fn rows(store: &Store) -> Rows<'_, PromptRow> {
        store.prompts()
    }
    fn typed(id: Uuid) -> UploadedPromptId {
        UploadedPromptId(id)
    }
    fn blank(id: Uuid, (): &()) -> PromptRow {
        PromptRow {
            id: UploadedPromptId(id),
            version: 0,
            name: String::new(),
            language: None,
            created_by: None,
            created_at: Timestamp::from_ms(0),
            prompt: PromptId::UPLOADED,
            duration_ms: 0,
            wav: None,
        }
    }
    fn writable(row: &PromptRow) -> PromptFields {
        PromptFields { name: row.name.clone(), language: row.language.clone() }
    }
    fn view(row: PromptRow) -> Prompt {
        Prompt {
            id: Some(row.id.0),
            version: Some(row.version),
            fields: Self::writable(&row),
            packaged: false,
            duration_seconds: row.duration_ms as f64 / 1_000.0,
            created_by: row.created_by,
            created_at: Some(Time(row.created_at)),
        }
    }
    fn check(write: &PromptFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        let name = write.name.trim();
        complaints.name("name", name);
        complaints.unless(flow::packaged_prompt(name).is_none(), "name", "a packaged prompt has this name");
        // An id must mean one prompt only.
        complaints.unless(Uuid::parse_str(name).is_err(), "name", "looks like an id");
        if let Some(language) = &write.language {
            let tag = |character: char| character.is_ascii_alphanumeric() || character == '-';
            let sound = (2..=LANGUAGE_MAX).contains(&language.len()) && language.chars().all(tag);
            complaints.unless(sound, "language", "a language tag, like en or pt-BR");
        }
        complaints.done()?;
        match change.before.filter(|before| before.name != name) {
            Some(before) => unused(&change.faces.organization(), std::slice::from_ref(&before.name)),
            None => Ok(()),
        }
    }
    async fn extra(_: &PromptFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: PromptFields, (): &(), row: &mut PromptRow) {
        row.name = write.name.trim().to_owned();
        row.language = write.language;
    }
    async fn check_delete(row: &PromptRow, change: &Change<'_, Self>) -> Result<(), Problem> {
        unused(&change.faces.organization(), &[row.name.clone(), row.id.to_string()])
    }
}

/// Refuses with those that play a prompt of these names.
fn unused(organization: &OrganizationRows, names: &[String]) -> Result<(), Problem> {
    let plays = |value: &Value| names.iter().any(|name| plays(value, name));
    let flows = organization.call_flows.iter().filter(|flow| plays(&flow.steps));
    let flows = flows.map(|flow| format!("the call flow {}", flow.name));
    let queues =
        organization.queues.iter().filter(|queue| plays(&queue.routing) || plays(&queue.announcements));
    let queues = queues.map(|queue| format!("the queue {}", queue.name));
    let users: Vec<String> = flows.chain(queues).collect();
    if users.is_empty() {
        return Ok(());
    }
    Err(Problem::conflict("in_use", format!("it is played by {}", users.join(", "))).with("users", users))
}

/// Whether a flow's steps, a queue's routing or its announcements name this prompt.
fn plays(value: &Value, name: &str) -> bool {
    let is_it = |value: &Value| value.as_str() == Some(name);
    match value {
        Value::Object(object) => object.iter().any(|(field, value)| match (field.as_str(), value) {
            ("play" | "prompt", Value::String(_)) => is_it(value),
            ("prompts", Value::Array(list)) => list.iter().any(is_it),
            _ => plays(value, name),
        }),
        Value::Array(list) => list.iter().any(|value| plays(value, name)),
        _ => false,
    }
}

/// The packaged ones stand before the first page of the organization's own.
pub(crate) async fn list(faces: State, query: Query<PageQuery>) -> Result<Json<List<Prompt>>, Problem> {
    let page = query.0.page()?;
    let packaged = if page.cursor.is_none() { PACKAGED_PROMPTS } else { &[] };
    let listed = faces.store.prompts().list(&page).await?;
    let items = packaged.iter().map(|(name, prompt)| Prompt::packaged(name, *prompt));
    let items = items.chain(listed.items.into_iter().map(Prompts::view)).collect();
    Ok(Json::new(List { items, next_cursor: listed.next_cursor }))
}

/// A WAV file as the body of a request.
#[derive(Debug)]
pub(crate) struct Wav(Bytes);

impl FromRequest for Wav {
    type Error = Problem;
    type Future = Local<Self>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = has_type(request, &["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"]);
        let payload = payload.take();
        Box::pin(async move {
            if !typed {
                let detail = "send the WAV file itself, with Content-Type: audio/wav";
                return Err(Problem::unsupported_media_type(detail));
            }
            collect_up_to(limits::PROMPT_BYTES_MAX, payload).await.map(Wav)
        })
    }
}

impl Takes for Wav {
    fn takes(operation: &mut Operation) {
        operation.request_body = Some(json!({
            "required": true,
            "description": "A WAV file: PCM of 8 to 32 bits or floating point, one channel or two (which are mixed), 8 to \
                96 kHz; kept as one channel of 16 bits at 16 kHz.",
            "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
        }));
    }
}

/// What the file comes to, ready to be kept.
async fn heard(wav: Wav) -> Result<(i64, Vec<u8>), Problem> {
    let read = move || {
        let sound = Sound::read(&wav.0)?;
        Ok::<_, callcontrol::prompts::NotPlayable>((sound.duration_ms(), sound.to_wav()?))
    };
    let read = actix_web::web::block(read).await.map_err(|_| Problem::internal())?;
    read.map_err(|error| Problem::invalid_field("audio", error.to_string()))
}

/// All uploaded prompts are in memory, so there is a limit to all of them together.
fn check_room(faces: &Faces, replaced: Option<UploadedPromptId>, ms: i64) -> Result<(), Problem> {
    let rows = faces.organization();
    let others = rows.prompts.iter().filter(|row| Some(row.id) != replaced);
    let together = others.map(|row| row.duration_ms).sum::<i64>() + ms;
    if together <= i64::from(limits::PROMPTS_SECONDS_MAX) * 1_000 {
        return Ok(());
    }
    let most = limits::PROMPTS_SECONDS_MAX;
    Err(Problem::invalid_field("audio", format!("all uploaded prompts together last at most {most} seconds")))
}

/// What an uploaded prompt is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPrompt {
    name: String,
    /// A language tag, like `en` or `pt-BR`.
    language: Option<String>,
}

pub(crate) async fn upload(
    faces: State,
    caller: Caller,
    query: Query<NewPrompt>,
    wav: Wav,
) -> Result<Created<Prompt>, Problem> {
    if let Some(known) = known::<Prompts>(&faces, &caller).await? {
        return Ok(known);
    }
    let NewPrompt { name, language } = query.0;
    let write = PromptFields { name, language };
    Prompts::check(&write, &Change { caller: &caller, faces: &faces, before: None })?;
    let (duration_ms, wav) = heard(wav).await?;
    check_room(&faces, None, duration_ms)?;
    let id = Uuid::new_v4();
    let mut row = PromptRow {
        created_by: Some(caller.id()),
        created_at: faces.now(),
        duration_ms,
        wav: Some(wav.into()),
        ..Prompts::blank(id, &())
    };
    Prompts::apply(write, &(), &mut row);
    let mut by = caller.by(faces.now());
    if let Some(command) = &caller.command {
        by = by.for_command(CommandRecord {
            key: command.key.clone(),
            principal: caller.id(),
            body_hash: command.body_hash.clone(),
            answer: json!({"id": id}).to_string(),
            at: faces.now(),
        });
    }
    let row = faces.store.prompts().create(row, &by).await?;
    faces.refresh().await?;
    Ok(made::<Prompts>(row, None))
}

/// Another sound under the same name; who hears the former one hears it to its end.
pub(crate) async fn replace(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    guard: IfMatch,
    wav: Wav,
) -> Result<Json<Prompt>, Problem> {
    let id = UploadedPromptId(path.0.id);
    faces.store.prompts().find(id).await?;
    let (duration_ms, wav) = heard(wav).await?;
    check_room(&faces, Some(id), duration_ms)?;
    let by = caller.by(faces.now());
    let change = |row: &mut PromptRow| (row.duration_ms, row.wav) = (duration_ms, Some(wav.into()));
    let row = faces.store.prompts().update(id, guard.0, &by, change).await?;
    faces.refresh().await?;
    let version = row.version;
    Ok(Json::new(Prompts::view(row)).tagged(version))
}

fn range(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::RANGE).and_then(|value| value.to_str().ok())
}

pub(crate) async fn audio(
    faces: State,
    path: Path<Id>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let row = faces.store.prompts().find(UploadedPromptId(path.0.id)).await?;
    let found = faces.store.prompt_sounds(&[row.prompt]).await?;
    let (_, wav) = found.into_iter().next().ok_or_else(|| Problem::not_found("sound"))?;
    Ok(part(wav, range(&request)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Packaged {
    name: String,
}

pub(crate) async fn packaged_audio(
    path: Path<Packaged>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let named = flow::packaged_prompt(&path.0.name).ok_or_else(|| Problem::not_found("prompt"))?;
    let wav = actix_web::web::block(move || packaged_prompt(named).to_wav()).await;
    let wav = wav.map_err(|_| Problem::internal())?.map_err(|_| Problem::internal())?;
    Ok(part(wav, range(&request)))
}

/// The name of the uploaded prompt that has this id, for people to read; anything else stays as it is.
pub(super) fn name_of(faces: &Faces, text: String) -> String {
    let Ok(id) = Uuid::parse_str(&text) else { return text };
    let rows = faces.organization();
    rows.prompts.iter().find(|row| row.id.0 == id).map_or(text, |row| row.name.clone())
}
