//! `assay admin`: the first administrator, other people, organisations, sign-in links.

use anyhow::Context as _;

use super::{Done, Where};
use crate::accounts::model::OrganisationKind;
use crate::accounts::pages::link_path;
use crate::accounts::roles::{self, Role};
use crate::accounts::service::NewPerson;
use crate::accounts::store;
use crate::app::Core;
use crate::http::public_url::PublicUrl;
use crate::kernel::id::{OrganisationId, PersonId};

/// The name under which this command stands in the audit log.
const ACTOR: &str = "command line";

/// Enter and list people and organisations, make sign-in links, print the roles.
#[derive(Debug, clap::Subcommand)]
pub enum Admin {
    /// Enter a person and print a link that signs them in once.
    #[command(after_help = "Examples:\n  assay admin create --name 'Ada Field' --email ada@example.com\n  \
                            assay admin create --name 'Ben Ash' --email ben@example.com --role reviewer")]
    Create {
        /// The name, for people.
        #[arg(long)]
        name: String,
        /// The mail address; one account each.
        #[arg(long)]
        email: String,
        /// What they may do; can be given several times [default: administrator]
        #[arg(long, value_name = "ROLE")]
        role: Vec<Role>,
        /// Their organisation, org_… [default: the platform]
        #[arg(long, value_name = "ID")]
        organisation: Option<OrganisationId>,
        #[command(flatten)]
        site: Site,
        #[command(flatten)]
        place: Where,
    },
    /// Print another link that signs a person in once.
    #[command(after_help = "Example:\n  assay admin link ada@example.com")]
    Link {
        /// The person's mail address.
        email: String,
        #[command(flatten)]
        site: Site,
        #[command(flatten)]
        place: Where,
    },
    /// Enter an organisation.
    #[command(after_help = "Example:\n  assay admin organisation --kind merchant --name 'Field and Ash'")]
    Organisation {
        /// What it is to the platform: brand_owner, agent or merchant.
        #[arg(long)]
        kind: OrganisationKind,
        /// Its name.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        place: Where,
    },
    /// List organisations and their people.
    #[command(after_help = "Example:\n  assay admin list")]
    List {
        #[command(flatten)]
        place: Where,
    },
    /// Print the matrix of roles and permissions.
    #[command(after_help = "Example:\n  assay admin roles > docs/roles.md")]
    Roles,
}

/// Where browsers find the service.
#[derive(Debug, Clone, clap::Args)]
pub struct Site {
    /// Address under which browsers reach the service.
    #[arg(long, env = "ASSAY_PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_name = "ADDRESS")]
    public_url: PublicUrl,
}

impl Admin {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Done> {
        match self {
            Self::Create { name, email, role, organisation, site, place } => {
                let core = Core::open(&place.options()).await?;
                let roles = if role.is_empty() { vec![Role::administrator()] } else { role };
                let organisation = organisation.unwrap_or(OrganisationId::PLATFORM);
                let person = core.accounts.create_person(NewPerson { organisation, name, email, roles }, ACTOR).await?;
                eprintln!("{} is entered.", person.id);
                print_link(&core, person.id, &site).await?;
            }
            Self::Link { email, site, place } => {
                let core = Core::open(&place.existing()?).await?;
                let person = store::person_by_email(&core.db, &email).await?;
                let person = person.with_context(|| format!("nobody has the mail address {email}"))?;
                print_link(&core, person.id, &site).await?;
            }
            Self::Organisation { kind, name, place } => {
                let core = Core::open(&place.options()).await?;
                println!("{}", core.accounts.create_organisation(kind, &name, ACTOR).await?.id);
            }
            Self::List { place } => list(&Core::open(&place.existing()?).await?).await?,
            Self::Roles => print!("{}", roles::matrix()),
        }
        Ok(Done::Well)
    }
}

async fn print_link(core: &Core, person: PersonId, site: &Site) -> anyhow::Result<()> {
    let link = core.accounts.sign_in_link(person, ACTOR).await?;
    eprintln!("Open this address in a browser within the hour; it signs in once.");
    println!("{}", site.public_url.with_path(&link_path(&link)));
    Ok(())
}

async fn list(core: &Core) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let organisations = store::organisations(&core.db, after).await?;
        let Some(last) = organisations.last() else {
            return Ok(());
        };
        after = Some(last.id);
        for organisation in &organisations {
            println!("{}\t{}\t{}", organisation.id, organisation.kind, organisation.name);
            for person in store::people(&core.db, organisation.id).await? {
                let state = if person.disabled_at.is_some() { "switched off" } else { "active" };
                let seen = person.signed_in_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
                let roles = store::roles_text(&person.roles);
                println!("  {}\t{state}\t{}\t{}\t{roles}\tlast sign-in {seen}", person.id, person.name, person.email);
            }
        }
    }
}
