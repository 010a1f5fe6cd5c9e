"""The faults to switch on: what goes wrong, and which rule or check it breaks.

Each stands as `if "name" in faults` at the place it concerns, and nowhere else.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    sentence: str
    rule: str


NAME = "unique:lead_management.configurationName"
PROCESS = "references:lead_management.defaultProcess"
OWNER = "owner:lead_management.userId"
TENANT = "tenant:lead_management.organizationId"
PROMPT_OWNER = "owner:prompts.userId"
PIPELINE_NAME = "unique:pipelines.name"
PIPELINE_TENANT = "tenant:pipelines.organizationId"
PIPELINE_ROLES = "roles:post_pipelines"
CREATED = "timestamp:lead_management.createdAt"
UPDATED = "timestamp:lead_management.updatedAt"

_TABLE: dict[str, tuple[str, str]] = {
    # Unique names
    "name_not_unique": ("A user can have two configurations of one name.", NAME),
    "name_case_matters": ("'Sales' and 'SALES' count as two names.", NAME),
    "name_folds_ascii_only": ("'Ärzte' and 'ärzte' count as two names.", NAME),
    "name_lowered_not_folded": ("'Straße' and 'STRASSE' count as two names.", NAME),
    "name_spaces_matter": ("' Sales ' and 'Sales' count as two names.", NAME),
    "name_not_normalized": (
        "The same accented letter, typed in two ways, counts as two names.",
        NAME,
    ),
    "name_unique_globally": ("A name that any user has is taken for all.", NAME),
    "name_unique_in_organization": ("A name that a colleague has is taken.", NAME),
    "name_free_beside_inactive": (
        "The name of an inactive configuration can be given again.",
        NAME,
    ),
    "name_unchecked_on_update": ("A rename to a taken name is accepted.", NAME),
    "own_name_refused_on_update": (
        "A configuration cannot be renamed to its own name in another case.",
        NAME,
    ),
    "freed_name_stays_taken": (
        "A name stays taken after its configuration was renamed.",
        NAME,
    ),
    "name_check_not_atomic": (
        "Of several creations at the same time with one name, all succeed.",
        NAME,
    ),
    "name_compared_by_64": (
        "Two long names that differ after the 64th character count as one.",
        NAME,
    ),
    "name_inner_spaces_collapsed": (
        "'New  Leads' with two spaces and with one count as one name.",
        NAME,
    ),
    "name_compared_by_regex": (
        "A name is read as a regular expression: 'A.C' is taken where 'ABC' is.",
        NAME,
    ),
    "duplicate_overwrites": (
        "Creating a configuration of a taken name overwrites the old one.",
        NAME,
    ),
    "duplicate_answers_409": (
        "A taken name is refused with a status that is not documented.",
        "conformance",
    ),
    "pipeline_name_not_unique": (
        "An organization can have two pipelines of one name.",
        PIPELINE_NAME,
    ),
    "pipeline_name_not_trimmed": (
        "A pipeline's name keeps its outer spaces, and so can be there twice.",
        PIPELINE_NAME,
    ),
    "pipeline_name_unchecked_on_update": (
        "A pipeline can be renamed to the name of another.",
        PIPELINE_NAME,
    ),
    "pipeline_name_unique_globally": (
        "A pipeline's name that another organization has is taken.",
        PIPELINE_NAME,
    ),
    # References
    "process_unchecked": ("Any text is accepted as a process.", PROCESS),
    "process_unchecked_on_update": (
        "An update may name a process that does not exist.",
        PROCESS,
    ),
    "process_format_checked_only": (
        "Any 24 hexadecimal digits are accepted as a process.",
        PROCESS,
    ),
    "process_checked_after_write": (
        "A configuration refused for its unknown process is kept all the same.",
        "refused_leaves_no_trace",
    ),
    "process_of_colleagues": ("A colleague's prompt is accepted.", PROCESS),
    "process_across_organizations": ("Anybody's prompt is accepted.", PROCESS),
    # Whose it is
    "config_read_by_colleagues": ("A colleague can read a configuration.", OWNER),
    "config_updated_by_colleagues": ("A colleague can change a configuration.", OWNER),
    "config_used_by_colleagues": (
        "A colleague's API key delivers leads to a configuration.",
        OWNER,
    ),
    "config_seen_by_admins": (
        "An administrator can read and change the colleagues' configurations.",
        OWNER,
    ),
    "config_read_across_organizations": (
        "Another organization can read a configuration.",
        TENANT,
    ),
    "config_updated_across_organizations": (
        "Another organization can change a configuration.",
        TENANT,
    ),
    "config_used_across_organizations": (
        "Another organization's API key delivers leads to a configuration.",
        TENANT,
    ),
    "foreign_answers_403": (
        "The answer tells that somebody else's configuration exists.",
        OWNER,
    ),
    "owner_from_client_on_update": (
        "An update can give a configuration to another user.",
        "readOnly:lead_management.userId",
    ),
    "prompts_listed_of_all": ("A user's list shows everybody's prompts.", PROMPT_OWNER),
    "prompt_updated_by_others": ("Anybody can change a prompt.", PROMPT_OWNER),
    "prompt_owner_from_client": (
        "A new prompt belongs to whom the client says.",
        "readOnly:prompts.userId",
    ),
    "pipeline_read_across_organizations": (
        "Another organization can read a pipeline.",
        PIPELINE_TENANT,
    ),
    "pipeline_updated_across_organizations": (
        "Another organization can change a pipeline.",
        PIPELINE_TENANT,
    ),
    # Defaults
    "default_outreach_off": (
        "New configurations do not forward to outreach unless told to.",
        "default:lead_management.forwardToOutreach",
    ),
    "default_source_other": (
        "A new configuration without a source gets another than 'Unassigned'.",
        "default:lead_management.source",
    ),
    "default_status_missing": (
        "A new configuration has no status unless it is sent.",
        "default:lead_management.status",
    ),
    "defaults_on_update": (
        "An update sets what it does not mention back to the defaults.",
        "partial_update",
    ),
    "falsy_replaced_by_default": (
        "False, 0 and the empty text are replaced by the defaults.",
        "read_your_writes",
    ),
    # What the server sets
    "id_from_client": ("The client chooses the id.", "readOnly:lead_management._id"),
    "user_from_client": (
        "The client chooses the owner of a new configuration.",
        "readOnly:lead_management.userId",
    ),
    "organization_from_client": (
        "The client chooses the organization of a new configuration.",
        "readOnly:lead_management.organizationId",
    ),
    "created_from_client": ("The client says when it was created.", CREATED),
    "updated_from_client": ("The client says when it was last changed.", UPDATED),
    "updated_not_moved": ("A change leaves the time of the last change.", UPDATED),
    "created_moves_on_update": ("A change moves the time of creation.", CREATED),
    "stamp_without_zone": ("Times do not say that they are UTC.", CREATED),
    "prompt_updated_not_moved": (
        "A changed prompt keeps the time of its last change.",
        "timestamp:prompts.updatedAt",
    ),
    "id_from_name": (
        "Configurations of one name, of two users, get the same id.",
        "distinct_ids",
    ),
    # What is written is what is read
    "name_stored_trimmed": ("A name loses its outer spaces.", "read_your_writes"),
    "name_stored_cut": ("A name is cut at 64 characters.", "read_your_writes"),
    "name_stored_lower": ("A name is kept in small letters.", "read_your_writes"),
    "cost_cut_to_integer": ("A cost of 4.50 becomes 4.", "read_your_writes"),
    "cost_rounded_to_cents": ("A cost of 0.125 becomes 0.12.", "read_your_writes"),
    "message_escaped": ("An '&' in a message becomes '&amp;'.", "read_your_writes"),
    "description_not_kept": ("The description is lost.", "read_your_writes"),
    "update_not_kept": (
        "An update is answered as done, and not kept.",
        "read_your_writes",
    ),
    "falsy_ignored_on_update": (
        "An update to False, 0 or the empty text has no effect.",
        "read_your_writes",
    ),
    "prompts_capped": ("The list shows ten prompts at most.", "read_your_writes"),
    "hidden_prompts_unlisted": ("The list omits hidden prompts.", "read_your_writes"),
    "update_wipes_others": (
        "An update empties the optional properties it does not mention.",
        "partial_update",
    ),
    "prompt_update_wipes_others": (
        "An update of a prompt empties its text and its description.",
        "partial_update",
    ),
    "refused_create_leaves_row": (
        "After a refused creation the name is taken.",
        "refused_leaves_no_trace",
    ),
    "refused_update_partly_applied": (
        "An update refused for its name or its process changes the rest.",
        "refused_leaves_no_trace",
    ),
    "invalid_update_partly_applied": (
        "An invalid update changes the description.",
        "refused_leaves_no_trace",
    ),
    "refused_update_moves_updated": (
        "An update refused for its name or its process moves the time of change.",
        "refused_leaves_no_trace",
    ),
    "read_moves_updated": (
        "Reading a configuration moves the time of its last change.",
        "read_changes_nothing",
    ),
    "read_sets_inactive": (
        "Reading a configuration makes it inactive.",
        "read_changes_nothing",
    ),
    "pipelines_saved_by_any_role": ("A sales representative can change pipelines.", PIPELINE_ROLES),
    "stages_left_out_stay": ("A stage left out stays in the pipeline.", "custom:stages_left_out"),
    "pipeline_type_ignored": (
        "Asked for the application pipeline, it gives the contact pipeline.",
        "custom:type_is_asked_for",
    ),
    # What a request may hold
    "minimum_off_by_one": ("A cost of -1 is accepted.", "boundaries"),
    "minimum_refused": ("A cost of 0 is refused.", "boundaries"),
    "maximum_unchecked": ("A temperature above 1 is accepted.", "boundaries"),
    "enum_unchecked": ("Any status is accepted.", "conformance"),
    "enum_unchecked_on_update": (
        "An update may set a status that does not exist.",
        "conformance",
    ),
    "email_unchecked": ("Any text is accepted as an address.", "conformance"),
    "email_unchecked_on_update": (
        "An update may set an address that is none.",
        "conformance",
    ),
    "stage_not_required": (
        "A configuration can be created without its first stage.",
        "conformance",
    ),
    "null_accepted": ("null is accepted where a value belongs.", "conformance"),
    "booleans_read_from_strings": (
        "A text is accepted where yes or no belongs.",
        "conformance",
    ),
    "unknown_properties_refused": (
        "A request with one property more is refused.",
        "unknown_properties",
    ),
    "unknown_properties_stored": (
        "Properties that nobody knows are kept and shown.",
        "unknown_properties",
    ),
    "crash_on_non_ascii_name": ("A name with an umlaut fails with 500.", "conformance"),
    "crash_on_empty_string": ("An empty text fails with 500.", "conformance"),
    "crash_on_long_name": ("A name over 255 characters fails with 500.", "boundaries"),
    "crash_on_large_number": ("A cost above 2^31 fails with 500.", "boundaries"),
    "crash_on_malformed_json": (
        "A body that is no JSON fails with 500.",
        "conformance",
    ),
    # What an answer looks like
    "response_property_missing": (
        "A read configuration comes without 'success'.",
        "conformance",
    ),
    "response_wrong_type": ("The cost is answered as a text.", "conformance"),
    "response_null": ("The source is answered as null.", "conformance"),
    "response_enum_other": ("The status is answered in capitals.", "conformance"),
    "create_answers_200": ("A creation is answered with 200.", "conformance"),
    "update_answers_202": ("An update is answered with 202.", "conformance"),
    "wrong_content_type": ("JSON is sent as plain text.", "conformance"),
    "error_wrong_shape": ("Refusals have another shape.", "error_shape"),
    "error_says_success": ("Refusals say that they succeeded.", "error_shape"),
    "errors_answer_200": ("Refusals have the status 200.", "error_shape"),
    # Who is calling
    "any_token_accepted": ("Any text is accepted as a token.", "authentication"),
    "expired_token_accepted": ("An expired token is accepted.", "authentication"),
    "unsigned_token_accepted": ("An unsigned token is accepted.", "authentication"),
    "forged_token_accepted": (
        "A token signed with another secret is accepted.",
        "authentication",
    ),
    "missing_token_accepted": ("No token is needed.", "authentication"),
    "any_api_key_accepted": ("Any text is accepted as API key.", "authentication"),
    "password_ignored": ("Any password is accepted.", "authentication"),
    "challenge_missing": (
        "401 does not say how to authenticate.",
        "authentication",
    ),
    # The webhook
    "inactive_accepted": ("An inactive configuration takes leads.", "custom:inactive_takes_no_leads"),
    "application_always": (
        "A lead opens an application though the configuration wants none.",
        "custom:applications_where_wanted",
    ),
}

FAULTS = {name: Fault(*row) for name, row in _TABLE.items()}
HABITS = {"whole_seconds": "Times have no fraction of a second, as in many a database."}
"""What a correct server may do as well: it is switched on as a fault is, and nothing is told of it."""
