//! Managing people and keys: over the API and the console, within one's own organisation,
//! and never more than one has.

use axum::http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use assay::accounts::Permission;
use assay::accounts::model::OrganisationKind;
use assay::kernel::id::{ApiKeyId, OrganisationId, PersonId};
use assay::params;

use super::PLATFORM;
use super::support::Engine;
use super::support::server::{Answer, Call, Server, Visitor};

/// A call of the API by a person, as their browser's script would send it.
fn by<'server>(server: &'server Server, visitor: &Visitor, method: Method, path: &str) -> Call<'server> {
    let call = server.call(method, path).key(None);
    call.header("cookie", &visitor.cookie).header("x-csrf-token", &visitor.csrf)
}

async fn audit_kinds(server: &Server, subject: &str) -> Vec<String> {
    let text = "SELECT kind FROM audit_entry WHERE subject = $1 ORDER BY seq";
    let rows = server.app.core.db.all(text, params![subject]).await.unwrap();
    rows.iter().map(|row| row.get("kind").unwrap()).collect()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_used_listed_and_ended(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let body = json!({"name": "feed", "scopes": ["rules:read", "rules:read"], "days": 30});
    let made = server.post("/v1/keys", &body).await;
    let secret = made.is(201).body["secret"].as_str().unwrap().to_owned();
    let id = made.body["key"]["id"].as_str().unwrap().to_owned();
    let use_it = |path: &'static str| server.call(Method::GET, path).key(Some(&secret)).send();
    use_it("/v1/rules").await.is(200);
    use_it("/v1/events").await.is_problem("forbidden");
    let me = use_it("/v1/me").await;
    assert_eq!(
        me.is(200).body,
        json!({"actor": id, "organisation": PLATFORM.to_string(), "kind": "platform", "permissions": ["rules:read"]})
    );
    let listed = server.get("/v1/keys").await;
    assert!(!listed.is(200).text.contains(&secret), "a secret is shown once");
    let entry = listed.body.as_array().unwrap().iter().find(|key| key["id"] == id.as_str()).unwrap().clone();
    assert_eq!((&entry["name"], &entry["scopes"]), (&json!("feed"), &json!(["rules:read"])));
    assert!(entry["expires_at"].is_string() && entry["revoked_at"].is_null());
    server.delete(&format!("/v1/keys/{id}")).await.is(204);
    use_it("/v1/rules").await.is_problem("unauthenticated");
    server.delete(&format!("/v1/keys/{id}")).await.is_problem("not-found");
    assert_eq!(audit_kinds(&server, &id).await, ["key.created", "key.revoked"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_cannot_stand_is_refused_at_the_member_at_fault() {
    let server = Server::start(Engine::Sqlite).await;
    let good = json!({"name": "feed", "scopes": ["rules:read"]});
    for (member, value, place) in [
        ("name", json!(""), "/name"),
        ("name", json!("a\nb"), "/name"),
        ("scopes", json!([]), "/scopes"),
        ("scopes", json!(["rules:read", "rules"]), "/scopes/1"),
        ("days", json!(0), "/days"),
        ("days", json!(3_651), "/days"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let refused = server.post("/v1/keys", &body).await;
        assert_eq!(refused.is_problem("invalid-body").places(), [place], "{body}");
    }
    let merchant = server.organisation(OrganisationKind::Merchant).await;
    let beyond = server.post(&format!("/v1/keys?organisation={merchant}"), &good).await;
    assert_eq!(beyond.is_problem("invalid-body").places(), ["/scopes"], "it would have no effect there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gives_more_than_they_have() {
    let server = Server::start(Engine::Sqlite).await;
    let small = server.key_with(&[Permission::KeysManage, Permission::PeopleManage, Permission::RulesRead]).await;
    let post = |path: &'static str, body: Value| server.call(Method::POST, path).key(Some(&small)).json(&body).send();
    post("/v1/keys", json!({"name": "k", "scopes": ["rules:read"]})).await.is(201);
    let beyond = post("/v1/keys", json!({"name": "k", "scopes": ["rules:read", "rules:write"]})).await;
    assert!(beyond.is_problem("forbidden").text.contains("rules:write"));
    let person = json!({"name": "Ben Ash", "email": "ben@example.com", "roles": ["administrator"]});
    post("/v1/people", person).await.is_problem("forbidden");
    post("/v1/people", json!({"name": "Ben Ash", "email": "ben@example.com", "roles": []})).await.is(201);
    // Nor takes from who has more.
    let administrator = server.person(PLATFORM, &["administrator"]).await;
    let path = format!("/v1/people/{administrator}");
    for change in [json!({"roles": []}), json!({"active": false})] {
        let refused = server.call(Method::PATCH, &path).key(Some(&small)).json(&change).send().await;
        refused.is_problem("forbidden");
    }
    let ada = server.visitor(PLATFORM, &["administrator"]).await;
    let own = format!("/v1/people/{}", ada.person);
    for change in [json!({"roles": ["reviewer"]}), json!({"active": false})] {
        by(&server, &ada, Method::PATCH, &own).json(&change).send().await.is_problem("forbidden");
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_entered_changed_and_switched_off(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let body = json!({"name": "Ben Ash", "email": "ben@example.com", "roles": ["reviewer"]});
    let entered = server.post("/v1/people", &body).await;
    let link = entered.is(201).body["link"].as_str().unwrap().to_owned();
    let id = entered.body["person"]["id"].as_str().unwrap().to_owned();
    server.post("/v1/people", &body).await.is_problem("conflict");
    for (member, value, place) in [
        ("email", json!("ben"), "/email"),
        ("name", json!(" "), "/name"),
        ("roles", json!(["boss"]), "/roles/0"),
        ("roles", json!(["manager"]), "/roles"),
    ] {
        let mut bad = json!({"name": "Cy Elm", "email": "cy@example.com", "roles": []});
        bad[member] = value;
        let refused = server.post("/v1/people", &bad).await;
        assert_eq!(refused.is_problem("invalid-body").places(), [place], "{bad}");
    }
    let path = link.split_once("8080").unwrap().1;
    let cookie = server.call(Method::GET, path).key(None).send().await.is(303).cookie();
    let open = |path: &'static str| server.call(Method::GET, path).key(None).header("cookie", &cookie).send();
    open("/v1/rules").await.is(200);
    open("/v1/events").await.is_problem("forbidden");
    let address = format!("/v1/people/{id}");
    let change = |body: Value| server.call(Method::PATCH, &address).json(&body).send();
    let changed = change(json!({"roles": ["auditor", "auditor"]})).await;
    assert_eq!(changed.is(200).body["roles"], json!(["auditor"]));
    open("/v1/events").await.is(200);
    assert!(change(json!({"active": false})).await.is(200).body["disabled_at"].is_string());
    open("/v1/rules").await.is_problem("unauthenticated");
    assert!(change(json!({"active": true})).await.is(200).body["disabled_at"].is_null());
    open("/v1/rules").await.is_problem("unauthenticated");
    let kinds = audit_kinds(&server, &id).await;
    let expected = ["person.created", "person.link_made", "person.signed_in", "person.roles_changed"];
    assert_eq!(kinds[..4], expected);
    assert_eq!(kinds[4..], ["person.switched_off", "person.switched_on"]);
    assert!(server.get("/v1/people").await.is(200).text.contains("ben@example.com"));
}

/// Every address that names a thing of an organisation: the other tenant's is not there, on
/// the API and on the pages, for reading and for changing.
#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_another_organisation_is_not_there(#[case] engine: Engine) {
    let server = Server::start(engine).await;
    let (one, other) = (
        server.organisation(OrganisationKind::Merchant).await,
        server.organisation(OrganisationKind::BrandOwner).await,
    );
    let manager = server.visitor(one, &["manager"]).await;
    let strangers = server.visitor(other, &["manager"]).await;
    let person = server.person(other, &[]).await;
    let made = json!({"name": "k", "scopes": ["keys:manage"]});
    let key = by(&server, &strangers, Method::POST, "/v1/keys").json(&made).send().await;
    let key: ApiKeyId = key.is(201).body["key"]["id"].as_str().unwrap().parse().unwrap();
    let nobody = PersonId::from_uuid(uuid::Uuid::from_u128(7));
    for (method, path, body) in [
        (Method::GET, format!("/v1/keys?organisation={other}"), Value::Null),
        (Method::POST, format!("/v1/keys?organisation={other}"), made.clone()),
        (Method::DELETE, format!("/v1/keys/{key}?organisation={other}"), Value::Null),
        (Method::DELETE, format!("/v1/keys/{key}"), Value::Null),
        (Method::GET, format!("/v1/people?organisation={other}"), Value::Null),
        (Method::GET, format!("/v1/people?organisation={PLATFORM}"), Value::Null),
        (Method::POST, format!("/v1/people?organisation={other}"), json!({"name": "a", "email": "a@b", "roles": []})),
        (Method::PATCH, format!("/v1/people/{person}"), json!({"active": false})),
        (Method::PATCH, format!("/v1/people/{person}?organisation={other}"), json!({"active": false})),
        (Method::PATCH, format!("/v1/people/{nobody}"), json!({"active": false})),
    ] {
        let call = by(&server, &manager, method.clone(), &path);
        let answer = if body.is_null() { call.send().await } else { call.json(&body).send().await };
        assert!(answer.is_problem("not-found").status == 404, "{method} {path}");
    }
    for path in [
        format!("/settings/keys/{key}/end"),
        format!("/settings/people/{person}/roles"),
        format!("/settings/people/{person}/switch"),
        format!("/settings/people/{person}/link"),
    ] {
        let fields = [("csrf", manager.csrf.as_str()), ("on", "false")];
        let answer = server.call(Method::POST, &path).visitor(&manager).form(&fields).send().await;
        assert!(answer.is(404).text.contains("there is no"), "{path}");
    }
    // The platform sees both, and the strangers' things are as they were.
    let theirs = server.get(&format!("/v1/keys?organisation={other}")).await;
    assert!(theirs.is(200).body[0]["revoked_at"].is_null());
    let people = server.get(&format!("/v1/people?organisation={other}")).await;
    assert!(people.is(200).body.as_array().unwrap().iter().all(|person| person["disabled_at"].is_null()));
    assert_eq!(by(&server, &manager, Method::GET, "/v1/keys").send().await.is(200).body, json!([]));
    let unknown = OrganisationId::from_uuid(uuid::Uuid::from_u128(99));
    for name in [unknown.to_string(), "nonsense".to_owned()] {
        server.get(&format!("/v1/keys?organisation={name}")).await.is_problem("not-found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organisations_are_entered_and_listed_by_the_platform_alone() {
    let server = Server::start(Engine::Sqlite).await;
    let made = server.post("/v1/organisations", &json!({"kind": "agent", "name": "Northpeak Agents"})).await;
    assert_eq!(made.is(201).body["kind"], "agent");
    let listed = server.get("/v1/organisations").await;
    let ids: Vec<&str> =
        listed.is(200).body.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [PLATFORM.to_string().as_str(), made.body["id"].as_str().unwrap()]);
    let rest = server.get(&format!("/v1/organisations?after={}", ids[1])).await;
    assert_eq!(rest.is(200).body, json!([]));
    server.get("/v1/organisations?after=x").await.is_problem("invalid-query");
    for (body, place) in [
        (json!({"kind": "platform", "name": "x"}), "/kind"),
        (json!({"kind": "x", "name": "x"}), "/kind"),
        (json!({"kind": "agent", "name": ""}), "/name"),
    ] {
        assert_eq!(server.post("/v1/organisations", &body).await.is_problem("invalid-body").places(), [place]);
    }
    let manager = server.visitor(server.organisation(OrganisationKind::Agent).await, &["manager"]).await;
    by(&server, &manager, Method::GET, "/v1/organisations").send().await.is_problem("forbidden");
}

/// The value of what a page shows once, in its `code` paragraph.
fn shown(page: &Answer) -> String {
    let rest = page.is(201).text.split_once("<p class=\"code\">").expect("something is shown").1;
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_and_keys_are_kept_on_pages_too() {
    let server = Server::start(Engine::Sqlite).await;
    let merchant = server.organisation(OrganisationKind::Merchant).await;
    let manager = server.visitor(merchant, &["manager"]).await;
    let post = |path: String, fields: Vec<(&'static str, String)>| {
        let mut sent = vec![("csrf", manager.csrf.clone())];
        sent.extend(fields);
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.call(Method::POST, &path).visitor(&manager).form(&sent).send()
    };
    let of = |name: &'static str, value: &str| (name, value.to_owned());
    let entered = vec![of("name", "Ben"), of("email", "ben@example.com"), of("role", "manager")];
    let link = shown(&post("/settings/people".to_owned(), entered.clone()).await);
    let again = post("/settings/people".to_owned(), entered).await;
    assert!(again.is(409).text.contains("already"));
    let page = server.call(Method::GET, "/settings/people").visitor(&manager).send().await;
    assert!(page.is(200).text.contains("ben@example.com") && !page.text.contains(&link));
    let people = server.get(&format!("/v1/people?organisation={merchant}")).await;
    let ben = people.body.as_array().unwrap().iter().find(|one| one["name"] == "Ben").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    post(format!("/settings/people/{ben}/link"), vec![]).await.is(200);
    let cookie = server.call(Method::GET, link.split_once("8080").unwrap().1).key(None).send().await.is(303).cookie();
    post(format!("/settings/people/{ben}/link"), vec![]).await.is(409);
    post(format!("/settings/people/{ben}/roles"), vec![of("role", "boss")]).await.is(422);
    post(format!("/settings/people/{ben}/roles"), vec![]).await.is(303);
    server.call(Method::GET, "/v1/keys").key(None).header("cookie", &cookie).send().await.is_problem("forbidden");
    post(format!("/settings/people/{ben}/switch"), vec![of("on", "false")]).await.is(303);
    server.call(Method::GET, "/v1/me").key(None).header("cookie", &cookie).send().await.is_problem("unauthenticated");

    let bad =
        post("/settings/keys".to_owned(), vec![of("name", "feed"), of("scope", "keys:manage"), of("days", "many")])
            .await;
    assert!(bad.is(422).text.contains("1 to 3,650 days"));
    post("/settings/keys".to_owned(), vec![of("name", "feed"), of("scope", "rules:read")]).await.is(422);
    let made =
        post("/settings/keys".to_owned(), vec![of("name", "feed"), of("scope", "keys:manage"), of("days", "")]).await;
    let secret = shown(&made);
    let keys = server.call(Method::GET, "/v1/keys").key(Some(&secret)).send().await;
    let id = keys.is(200).body[0]["id"].as_str().unwrap().to_owned();
    let page = server.call(Method::GET, "/settings/keys").visitor(&manager).send().await;
    assert!(page.is(200).text.contains(&id) && !page.text.contains(&secret));
    post(format!("/settings/keys/{id}/end"), vec![]).await.is(303);
    server.call(Method::GET, "/v1/keys").key(Some(&secret)).send().await.is_problem("unauthenticated");
}
