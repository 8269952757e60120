//! The pages behind the links in mail: to confirm an address, and to choose a new password.
//!
//! The real server uses sessions and flashes here. The sandbox writes the result into the page.

use crate::http::accept::Format;
use crate::http::html::{escape, page};
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::term::{Map, Term};
use crate::world::World;
use crate::world::mail::ResetEnd;

// Locations and forms start with the world's prefix.
pub(crate) fn respond(world: &mut World, request: &Request) -> Reply {
    let parts: Vec<&[u8]> = request.segments.iter().map(Vec::as_slice).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", []) => Reply::html(200, front_page(world)),
        ("GET", [b"email", b"verify"]) => verify(world, &request.params),
        ("GET", [b"password", b"new"]) => choose(world, &request.params),
        ("POST", [b"password", b"new"]) => change(world, request),
        ("GET", [b"password", b"reset"]) => Reply::html(200, reset_page(world)),
        ("POST", [b"password", b"reset"]) => reset(world, request),
        _ => Reply::error(404, request.error_format()),
    }
}

fn front_page(world: &World) -> String {
    let text = format!(
        "<p>A sandbox of the Hex users API, profile {}. The API is under <code>/api</code>.</p>",
        world.profile
    );
    page("aura-sandbox", &text)
}

fn text<'a>(params: &'a Map, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Term::as_str)
}

/// Redirects to the front page, as the real server does, with the result in the body.
fn redirect(world: &World, to: &str, title: &str, news: &str) -> Reply {
    let text = format!("<p>{}</p>", escape(news));
    Reply::html(302, page(title, &text)).header("location", &format!("{}{to}", world.prefix))
}

fn verify(world: &mut World, params: &Map) -> Reply {
    let (Some(username), Some(email), Some(key)) =
        (text(params, "username"), text(params, "email"), text(params, "key"))
    else {
        return bad_link();
    };
    let news = if world.verify_email(username, email, key) {
        format!("Your email {email} has been verified.")
    } else {
        format!("Your email {email} failed to verify.")
    };
    redirect(world, "/", "Email verification", &news)
}

fn bad_link() -> Reply {
    Reply::html(400, page("Error 400", "<p>Bad request</p>")).last()
}

fn choose(world: &mut World, params: &Map) -> Reply {
    let (Some(username), Some(key)) = (text(params, "username"), text(params, "key")) else {
        return redirect(world, "/", "Password reset", "Invalid password reset key.");
    };
    if world.reset_link_good(username, key).is_none() {
        return expired(world);
    }
    Reply::html(200, password_form(world, username, key, ""))
}

fn expired(world: &World) -> Reply {
    let news = "This password reset link has expired or already been used.";
    redirect(world, "/password/reset", "Password reset", news)
}

fn password_form(world: &World, username: &str, key: &str, complaint: &str) -> String {
    let form = format!(
        "<p>{}</p>\n<form method=\"post\" action=\"{}/password/new\">\
         <input type=\"hidden\" name=\"user[username]\" value=\"{}\">\
         <input type=\"hidden\" name=\"user[key]\" value=\"{}\">\
         <label>New password <input type=\"password\" name=\"user[password]\"></label> \
         <label>Again <input type=\"password\" name=\"user[password_confirmation]\"></label> \
         <label>Revoke all keys <select name=\"user[revoke_all_access]\">\
         <option>yes</option><option>no</option></select></label> <button>Change</button></form>",
        escape(complaint),
        world.prefix,
        escape(username),
        escape(key)
    );
    page("Choose a new password", &form)
}

fn change(world: &mut World, request: &Request) -> Reply {
    let empty = Map::new();
    let params = request.params.get("user").and_then(Term::as_map);
    let params = params.unwrap_or(&empty);
    match world.reset_finish(params, request.user_agent().as_deref()) {
        ResetEnd::Done => redirect(
            world,
            "/",
            "Password reset",
            "Your account password has been changed to your new password.",
        ),
        ResetEnd::BadLink => expired(world),
        ResetEnd::BadPassword(errors) => {
            let complaint: Vec<String> = errors
                .entries()
                .iter()
                .map(|(field, error)| format!("{field} {}", error.as_str().unwrap_or("")))
                .collect();
            let (username, key) = (text(params, "username"), text(params, "key"));
            let form = password_form(
                world,
                username.unwrap_or(""),
                key.unwrap_or(""),
                &complaint.join(", "),
            );
            Reply::html(400, form)
        }
    }
}

fn reset_page(world: &World) -> String {
    let form = format!(
        "<form method=\"post\" action=\"{}/password/reset\">\
         <label>Username or email <input name=\"username\"></label> <button>Reset</button></form>",
        world.prefix
    );
    page("Reset your password", &form)
}

fn reset(world: &mut World, request: &Request) -> Reply {
    let Some(name) = text(&request.params, "username") else {
        return bad_link();
    };
    if !world.reset_init(name, None, request.user_agent().as_deref()) {
        return Reply::error(500, Format::Html).last();
    }
    let news = "<p>If such an account exists, a mail with a reset link is on its way.</p>";
    Reply::html(200, page("Reset your password", news))
}
