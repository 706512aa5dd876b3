/// The schemas of the OpenAPI description.
enum DocumentSchemas {
    /// Those of parameters, by name; texts where there is none.
    static let parameters = [
        "id": #"{"type":"string","pattern":"^[0-9]{1,19}$"}"#,
        "page_size": #"{"type":"integer","minimum":1,"maximum":1000}"#,
        "count": #"{"type":"integer","minimum":1}"#,
        "period_seconds": #"{"type":"integer","minimum":60,"maximum":604800,"default":3600}"#,
        "step_seconds": #"{"type":"integer","minimum":60,"maximum":86400,"multipleOf":60}"#,
        "since": #"{"type":"string","format":"date-time"}"#,
        "Tusk-Reason": #"{"type":"string","minLength":1,"maxLength":1024}"#,
        "state": ##"{"$ref":"#/components/schemas/State"}"##,
    ]

    /// The components: what names are, then requests, then answers.
    static let components = #"{"securitySchemes":"# + security + #","schemas":{"# + requests + "," + answers + "}}"

    private static let security = """
        {"key":{"type":"http","scheme":"bearer","description":"A key made with tusk key create; x-scope says what for. \
        Not needed where the server runs without keys."}}
        """

    private static let requests = ##"""
        "Name":{"type":"string","pattern":"^[A-Za-z0-9_.:-]{1,128}$"},
        "State":{"enum":["scheduled","available","running","retryable","blocked","completed","cancelled",
        "discarded"]},
        "Nothing":{"type":"object","maxProperties":0},
        "Anything":{"type":"object"},
        "Reason":{"type":"object","additionalProperties":false,
        "properties":{"reason":{"type":"string","maxLength":1024}}},
        "Pause":{"type":"object","properties":{"reason":{"type":"string","maxLength":1024},
        "until":{"type":"string","format":"date-time"},
        "for_seconds":{"type":"number","minimum":1,"maximum":31536000}},"additionalProperties":false},
        "Limited":{"oneOf":[{"$ref":"#/components/schemas/Name"},{"type":"object","required":["key"],
        "properties":{"key":{"$ref":"#/components/schemas/Name"},
        "weight":{"type":"integer","minimum":1,"maximum":1000}}}]},
        "NewJob":{"type":"object","required":["kind"],"additionalProperties":false,"properties":{
        "kind":{"$ref":"#/components/schemas/Name"},"args":{"description":"Any JSON of at most 64 KiB."},
        "queue":{"$ref":"#/components/schemas/Name"},"priority":{"type":"integer","minimum":0,"maximum":9,"default":5},
        "run_at":{"type":"string","format":"date-time"},
        "delay_seconds":{"type":"number","minimum":0,"maximum":315360000},
        "start_by":{"type":"string","format":"date-time"},
        "start_within_seconds":{"type":"number","minimum":1,"maximum":315360000},
        "finish_by":{"type":"string","format":"date-time"},
        "finish_within_seconds":{"type":"number","minimum":1,"maximum":315360000},
        "max_attempts":{"type":"integer","minimum":1,"maximum":1000,"default":20},
        "retry":{"type":"object"},"timeout_seconds":{"type":"number","minimum":1,"maximum":86400},
        "tags":{"type":"array","maxItems":16,"uniqueItems":true,"items":{"$ref":"#/components/schemas/Name"}},
        "metadata":{"type":"object"},"traceparent":{"type":"string","minLength":55,"maxLength":55},
        "limits":{"type":"array","minItems":1,"maxItems":4,"items":{"$ref":"#/components/schemas/Limited"}},
        "fair_key":{"$ref":"#/components/schemas/Name"},"unique":{"type":"object"},
        "order":{"oneOf":[{"$ref":"#/components/schemas/Name"},{"type":"object"}]}}},
        "JobEdit":{"type":"object","additionalProperties":false,"properties":{
        "queue":{"$ref":"#/components/schemas/Name"},"priority":{"type":"integer","minimum":0,"maximum":9},
        "run_at":{"type":["string","null"],"format":"date-time","description":"Null: at once."},
        "max_attempts":{"type":"integer","minimum":1,"maximum":1000,
        "description":"More than the attempts already used."},
        "tags":{"type":["array","null"],"maxItems":16,"uniqueItems":true,
        "items":{"$ref":"#/components/schemas/Name"}},"args":{"description":"Any JSON of at most 64 KiB."}}},
        "NewJobs":{"type":"object","required":["jobs"],"properties":{"jobs":{"type":"array","maxItems":5000,
        "items":{"$ref":"#/components/schemas/NewJob"}}}},
        "NewOperation":{"type":"object","required":["action"],"properties":{
        "action":{"enum":["retry","cancel"]},"filter":{"type":"object"},"dry_run":{"type":"boolean"},
        "spare_running":{"type":"boolean"},"reason":{"type":"string"}}},
        "Claim":{"type":"object","required":["kinds"],"properties":{
        "kinds":{"type":"array","minItems":1,"items":{"$ref":"#/components/schemas/Name"}},
        "queues":{"type":"array","items":{"$ref":"#/components/schemas/Name"}},
        "max_jobs":{"type":"integer","minimum":1},"wait_seconds":{"type":"number","minimum":0}}},
        "Report":{"type":"object"},
        "Settlement":{"type":"object","required":["outcomes"],"properties":{"outcomes":{"type":"array","items":{
        "type":"object","required":["id","outcome"],"properties":{"id":{"type":"string"},
        "outcome":{"type":"string"}}}}}},
        "QueueSettings":{"type":"object"},
        "NewLimit":{"type":"object","minProperties":1,"additionalProperties":false,"properties":{
        "running_max":{"type":"integer","minimum":1,"maximum":100000},
        "rate":{"type":"object","required":["max","seconds"],"properties":{"max":{"type":"integer","minimum":1},
        "seconds":{"type":"number"},"burst":{"type":"integer","minimum":1}}},
        "breaker":{"type":"object","required":["failures"],"properties":{"failures":{"type":"integer","minimum":1},
        "hold_seconds":{"type":"number"}}},"share_weight":{"type":"integer","minimum":1,"maximum":1000}}},
        "NewSchedule":{"type":"object"}
        """##

    private static let answers = ##"""
        "Moment":{"type":"string","format":"date-time"},"ID":{"type":"string","pattern":"^[0-9]{1,19}$"},
        "Texts":{"type":"array","items":{"type":"string"}},
        "Problem":{"type":"object","required":["type","title","status","detail"],"properties":{
        "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},
        "errors":{"type":"array","items":{"type":"object","required":["code","detail"],"properties":{
        "pointer":{"type":"string"},"parameter":{"type":"string"},"header":{"type":"string"},
        "code":{"type":"string"},"detail":{"type":"string"},"offset":{"type":"integer"}}}},
        "unknown_outcome":{"type":"boolean"},"state":{"$ref":"#/components/schemas/State"},
        "allowed_states":{"type":"array","items":{"$ref":"#/components/schemas/State"}},
        "missing_scope":{"type":"string"},"request_id":{"type":"string"}}},
        "JobState":{"type":"object","required":["id","state"],"properties":{"id":{"$ref":"#/components/schemas/ID"},
        "state":{"enum":["available","cancelled","cancelling"]}}},
        "EnqueuedJob":{"type":"object","required":["id","state","kind","queue","created_at"],"properties":{
        "id":{"$ref":"#/components/schemas/ID"},"state":{"$ref":"#/components/schemas/State"},
        "kind":{"$ref":"#/components/schemas/Name"},"queue":{"$ref":"#/components/schemas/Name"},
        "created_at":{"$ref":"#/components/schemas/Moment"},"run_at":{"$ref":"#/components/schemas/Moment"},
        "deduplicated":{"const":true},"replaced":{"const":true}}},
        "EnqueuedOrEnded":{"anyOf":[{"$ref":"#/components/schemas/EnqueuedJob"},
        {"$ref":"#/components/schemas/Job"}]},
        "EnqueuedJobs":{"type":"object","required":["jobs"],"properties":{"jobs":{"type":"array","items":{
        "type":"object","required":["index","status","id","state"],"properties":{"index":{"type":"integer"},
        "status":{"enum":[200,201]},"id":{"$ref":"#/components/schemas/ID"},
        "state":{"$ref":"#/components/schemas/State"},"deduplicated":{"const":true},"replaced":{"const":true}}}}}},
        "Job":{"type":"object","required":["id","state","kind","queue","priority","attempt","max_attempts","tags",
        "created_at"],"properties":{"id":{"$ref":"#/components/schemas/ID"},
        "state":{"$ref":"#/components/schemas/State"},"kind":{"type":"string"},"queue":{"type":"string"},
        "priority":{"type":"integer"},"attempt":{"type":"integer"},"max_attempts":{"type":"integer"},
        "tags":{"$ref":"#/components/schemas/Texts"},"args":{"description":"As it was sent."},
        "metadata":{"type":"object","additionalProperties":true},"result":{"description":"As the handler gave it."},
        "timeout_seconds":{"type":"number"},"retry":{"type":"object","additionalProperties":true},
        "limits":{"type":"array","items":{"$ref":"#/components/schemas/Limited"}},
        "unique":{"type":"object","additionalProperties":true},"order_key":{"type":"string"},
        "fair_key":{"type":"string"},"start_by":{"$ref":"#/components/schemas/Moment"},
        "finish_by":{"$ref":"#/components/schemas/Moment"},"traceparent":{"type":"string"},
        "created_at":{"$ref":"#/components/schemas/Moment"},"run_at":{"$ref":"#/components/schemas/Moment"},
        "started_at":{"$ref":"#/components/schemas/Moment"},"finished_at":{"$ref":"#/components/schemas/Moment"},
        "cancel_requested_at":{"$ref":"#/components/schemas/Moment"},"worker":{"type":"string","format":"uuid"},
        "lease":{"$ref":"#/components/schemas/ID"},"blocked_by":{"type":"string"},"reason":{"type":"string"},
        "error":{"type":"string"},"progress":{"type":"object","required":["fraction"],"properties":{
        "fraction":{"type":"number","minimum":0,"maximum":1},"message":{"type":"string"}}},
        "steps":{"type":"array","items":{"type":"object","required":["name","lease","kept_at"],"properties":{
        "name":{"type":"string"},"lease":{"$ref":"#/components/schemas/ID"},
        "kept_at":{"$ref":"#/components/schemas/Moment"},"value":{"description":"As the handler gave it."}}}},
        "attempts":{"type":"array","items":{"type":"object","required":["attempt","lease","started_at","ended_at",
        "ended"],"properties":{"attempt":{"type":"integer"},"lease":{"$ref":"#/components/schemas/ID"},
        "started_at":{"$ref":"#/components/schemas/Moment"},"ended_at":{"$ref":"#/components/schemas/Moment"},
        "worker":{"type":"string","format":"uuid"},
        "ended":{"enum":["failed","snoozed","lost","given_back","discarded"]},"error":{"type":"string"}}}},
        "logs":{"type":"array","items":{"type":"object","required":["lease","line","level","logged_at","message"],
        "properties":{"lease":{"$ref":"#/components/schemas/ID"},"line":{"type":"integer"},
        "level":{"enum":["error","warning","notice","info","debug"]},
        "logged_at":{"$ref":"#/components/schemas/Moment"},"message":{"type":"string"}}}}}},
        "Jobs":{"type":"object","required":["jobs"],"properties":{"jobs":{"type":"array","items":{
        "$ref":"#/components/schemas/Job"}},"next_page_token":{"type":"string"}}},
        "Explanation":{"type":"object","required":["runnable","reasons"],"properties":{
        "id":{"$ref":"#/components/schemas/ID"},"queue":{"type":"string"},"runnable":{"type":"boolean"},
        "reasons":{"type":"array","items":{"type":"object","required":["reason","message"],"properties":{
        "reason":{"type":"string"},"message":{"type":"string"},
        "detail":{"type":"object","additionalProperties":true}}}}}},
        "Audit":{"type":"object","required":["audit"],"properties":{"audit":{"type":"array","items":{
        "type":"object","required":["id","at","actor_id","actor","action","target_kind","target"],"properties":{
        "id":{"$ref":"#/components/schemas/ID"},"at":{"$ref":"#/components/schemas/Moment"},
        "actor_id":{"type":"string"},"actor":{"type":"string"},"origin":{"type":"string"},
        "action":{"type":"string"},"target_kind":{"type":"string"},"target":{"type":"string"},
        "reason":{"type":"string"},"before":{"type":"object","additionalProperties":true},
        "after":{"type":"object","additionalProperties":true}}}},"next_page_token":{"type":"string"}}},
        "Errors":{"type":"object","required":["errors","examined","examined_max"],"properties":{
        "errors":{"type":"array","items":{"type":"object","required":["fingerprint","kind","reason","message","count",
        "first_at","last_at","newest_job"],"properties":{"fingerprint":{"type":"string"},"kind":{"type":"string"},
        "reason":{"type":"string"},"message":{"type":"string"},"count":{"type":"integer"},
        "first_at":{"$ref":"#/components/schemas/Moment"},"last_at":{"$ref":"#/components/schemas/Moment"},
        "newest_job":{"$ref":"#/components/schemas/ID"}}}},"examined":{"type":"integer"},
        "examined_max":{"type":"integer"}}},
        "Operation":{"type":"object","required":["id","state","action","filter","matched","examined","done",
        "refused","created_at","created_by"],"properties":{"id":{"$ref":"#/components/schemas/ID"},
        "state":{"enum":["canary","running","completed","stopped","cancelled"]},
        "action":{"enum":["retry","cancel"]},
        "spare_running":{"const":true},"filter":{"type":"object","properties":{"kind":{"type":"string"},
        "queue":{"type":"string"},
        "reason":{"type":"string"},"fingerprint":{"type":"string"}}},"per_second":{"type":"integer"},
        "canary":{"type":"object","required":["count","failed_percent_max"],"properties":{
        "count":{"type":"integer"},"failed_percent_max":{"type":"integer"}}},"canary_failed":{"type":"integer"},
        "matched":{"type":"integer"},"examined":{"type":"integer"},"done":{"type":"integer"},
        "refused":{"type":"integer"},"created_at":{"$ref":"#/components/schemas/Moment"},
        "created_by":{"type":"string"},"reason":{"type":"string"},"ended_at":{"$ref":"#/components/schemas/Moment"},
        "cancelled_at":{"$ref":"#/components/schemas/Moment"},"cancelled_by":{"type":"string"},
        "cancel_reason":{"type":"string"}}},
        "Matched":{"type":"object","required":["matched","exact","examined","examined_max"],"properties":{
        "matched":{"type":"integer"},"exact":{"type":"boolean"},"examined":{"type":"integer"},
        "examined_max":{"type":"integer"}}},
        "Operations":{"type":"object","required":["operations"],"properties":{"operations":{"type":"array","items":{
        "$ref":"#/components/schemas/Operation"}},"next_page_token":{"type":"string"}}},
        "Claimed":{"type":"object","required":["jobs"],"properties":{"lease":{"type":"string"},
        "expires_at":{"$ref":"#/components/schemas/Moment"},"jobs":{"type":"array","items":{"type":"object",
        "required":["id","kind","queue","priority","attempt","max_attempts","lease","args","tags","created_at"],
        "properties":{"id":{"$ref":"#/components/schemas/ID"},"kind":{"type":"string"},"queue":{"type":"string"},
        "priority":{"type":"integer"},"attempt":{"type":"integer"},"max_attempts":{"type":"integer"},
        "timeout_seconds":{"type":"number"},"starts_in_seconds":{"type":"number"},
        "lease":{"$ref":"#/components/schemas/ID"},"args":{"description":"As it was sent."},
        "tags":{"$ref":"#/components/schemas/Texts"},"metadata":{"type":"object","additionalProperties":true},
        "traceparent":{"type":"string"},"created_at":{"$ref":"#/components/schemas/Moment"}}}}}},
        "Beat":{"type":"object","required":["expires_at","stop"],"properties":{
        "expires_at":{"$ref":"#/components/schemas/Moment"},"stop":{"$ref":"#/components/schemas/Texts"},
        "lost":{"$ref":"#/components/schemas/Texts"}}},
        "Settled":{"type":"object","required":["jobs"],"properties":{"jobs":{"type":"array","items":{"type":"object",
        "required":["id","status"],"properties":{"id":{"$ref":"#/components/schemas/ID"},
        "status":{"type":"integer"},"state":{"$ref":"#/components/schemas/State"},
        "problem":{"$ref":"#/components/schemas/Problem"}}}}}},
        "PauseRecord":{"type":"object","required":["at","by"],"properties":{
        "at":{"$ref":"#/components/schemas/Moment"},"by":{"type":"string"},"reason":{"type":"string"},
        "until":{"$ref":"#/components/schemas/Moment"}}},
        "QueuePause":{"type":"object","required":["name","paused"],"properties":{"name":{"type":"string"},
        "paused":{"type":"boolean"},"pause":{"$ref":"#/components/schemas/PauseRecord"}}},
        "QueueAgeing":{"type":"object","required":["name","ageing_seconds"],"properties":{"name":{"type":"string"},
        "ageing_seconds":{"type":["number","null"]}}},
        "Queues":{"type":"object","required":["queues","count_max"],"properties":{"queues":{"type":"array","items":{
        "type":"object","required":["name","paused","available","scheduled","blocked","running","workers",
        "kinds_not_offered"],"properties":{"name":{"type":"string"},"paused":{"type":"boolean"},
        "kinds_not_offered":{"type":"array","items":{"type":"string"}},
        "pause":{"$ref":"#/components/schemas/PauseRecord"},"available":{"type":"integer"},
        "scheduled":{"type":"integer"},"blocked":{"type":"integer"},"running":{"type":"integer"},
        "workers":{"type":"integer"},"ageing_seconds":{"type":"number"},
        "oldest_wait_seconds":{"type":"number"}}}},"count_max":{"type":"integer"}}},
        "Limit":{"type":"object","required":["key"],"properties":{"key":{"type":"string"},
        "running_max":{"type":"integer"},"rate":{"type":"object","required":["max","seconds","burst"],"properties":{
        "max":{"type":"integer"},"seconds":{"type":"number"},"burst":{"type":"integer"}}},
        "breaker":{"type":"object","required":["failures","hold_seconds"],"properties":{
        "failures":{"type":"integer"},"hold_seconds":{"type":"number"},"open":{"type":"integer"},
        "failures_seen":{"type":"integer"},"reason":{"type":"string"},
        "opened_at":{"$ref":"#/components/schemas/Moment"},"probe_at":{"$ref":"#/components/schemas/Moment"},
        "wave":{"type":"integer"}}},"share_weight":{"type":"integer"},
        "pause":{"$ref":"#/components/schemas/PauseRecord"},"running":{"type":"integer"},
        "waiting":{"type":"integer"},"updated_at":{"$ref":"#/components/schemas/Moment"},
        "updated_by":{"type":"string"}}},
        "Limits":{"type":"object","required":["limits","waiting_max"],"properties":{"limits":{"type":"array",
        "items":{"$ref":"#/components/schemas/Limit"}},"waiting_max":{"type":"integer"}}},
        "Key":{"type":"object","required":["key"],"properties":{"key":{"type":"string"}}},
        "OrderKeys":{"type":"object","required":["order_keys"],"properties":{"order_keys":{"type":"array","items":{
        "type":"object","required":["key","waiting"],"properties":{"key":{"type":"string"},
        "head":{"$ref":"#/components/schemas/ID"},"head_state":{"$ref":"#/components/schemas/State"},
        "discarded_at":{"$ref":"#/components/schemas/Moment"},"blocked_until":{"$ref":"#/components/schemas/Moment"},
        "waiting":{"type":"integer"}}}},"next_page_token":{"type":"string"}}},
        "Schedule":{"type":"object","required":["name","cron","time_zone","job","jitter_seconds","overlap","catch_up",
        "paused","created_at","updated_at"],"properties":{"name":{"type":"string"},"cron":{"type":"string"},
        "time_zone":{"type":"string"},"job":{"type":"object","additionalProperties":true},
        "jitter_seconds":{"type":"number"},"overlap":{"enum":["allow","skip","queue_one","cancel_previous"]},
        "catch_up":{"enum":["skip","one","all"]},"catch_up_max":{"type":"integer"},
        "catch_up_window_seconds":{"type":"number"},"next_tick_at":{"$ref":"#/components/schemas/Moment"},
        "last_tick_at":{"$ref":"#/components/schemas/Moment"},"last_job_id":{"$ref":"#/components/schemas/ID"},
        "pending_tick_at":{"$ref":"#/components/schemas/Moment"},"paused":{"type":"boolean"},
        "pause":{"$ref":"#/components/schemas/PauseRecord"},"fault":{"type":"string"},
        "created_at":{"$ref":"#/components/schemas/Moment"},"updated_at":{"$ref":"#/components/schemas/Moment"}}},
        "Schedules":{"type":"object","required":["schedules"],"properties":{"schedules":{"type":"array","items":{
        "$ref":"#/components/schemas/Schedule"}},"next_page_token":{"type":"string"}}},
        "Ticks":{"type":"object","required":["ticks"],"properties":{"ticks":{"type":"array","items":{
        "type":"object","required":["planned_at","recorded_at","outcome"],"properties":{
        "planned_at":{"$ref":"#/components/schemas/Moment"},"planned_until":{"$ref":"#/components/schemas/Moment"},
        "count":{"type":"integer"},"recorded_at":{"$ref":"#/components/schemas/Moment"},
        "outcome":{"enum":["fired","missed","skipped_overlap","queued","paused"]},
        "job_id":{"$ref":"#/components/schemas/ID"},"queued_at":{"$ref":"#/components/schemas/Moment"},
        "requested_by":{"type":"string"}}}}}},
        "Preview":{"type":"object","required":["words","ticks"],"properties":{"name":{"type":"string"},
        "words":{"type":"string"},"ticks":{"type":"array","items":{"type":"object","required":["planned_at"],
        "properties":{"planned_at":{"$ref":"#/components/schemas/Moment"},
        "due_at":{"$ref":"#/components/schemas/Moment"}}}}}},
        "Triggered":{"type":"object","required":["name","job_id"],"properties":{"name":{"type":"string"},
        "job_id":{"$ref":"#/components/schemas/ID"}}},
        "Workers":{"type":"object","required":["workers"],"properties":{"workers":{"type":"array","items":{
        "type":"object","required":["id","state","host","process_id","version","slots","running","queues","kinds",
        "started_at","heartbeat_at"],"properties":{"id":{"type":"string","format":"uuid"},
        "state":{"enum":["live","draining"]},"host":{"type":"string"},"process_id":{"type":"integer"},
        "version":{"type":"string"},"slots":{"type":"integer"},"running":{"type":"integer"},
        "queues":{"$ref":"#/components/schemas/Texts"},"kinds":{"$ref":"#/components/schemas/Texts"},
        "started_at":{"$ref":"#/components/schemas/Moment"},
        "heartbeat_at":{"$ref":"#/components/schemas/Moment"}}}}}},
        "Quantiles":{"type":"object","required":["p50","p95","p99"],"properties":{"p50":{"type":"number"},
        "p95":{"type":"number"},"p99":{"type":"number"}}},
        "Series":{"type":"object","required":["period_seconds","step_seconds","points"],"properties":{
        "queue":{"type":"string"},"period_seconds":{"type":"integer"},"step_seconds":{"type":"integer"},
        "points":{"type":"array","items":{"type":"object","required":["at","completed","failed","discarded",
        "cancelled","available","oldest_wait_seconds"],"properties":{"at":{"$ref":"#/components/schemas/Moment"},
        "completed":{"type":"integer"},"failed":{"type":"integer"},"discarded":{"type":"integer"},
        "cancelled":{"type":"integer"},"available":{"type":"integer"},"oldest_wait_seconds":{"type":"number"},
        "wait_seconds":{"$ref":"#/components/schemas/Quantiles"},
        "run_seconds":{"$ref":"#/components/schemas/Quantiles"}}}}}},
        "Findings":{"type":"object","required":["findings"],"properties":{"findings":{"type":"array","items":{
        "type":"object","required":["severity","finding","message","remedy"],"properties":{
        "severity":{"enum":["bad","warning","note"]},"finding":{"type":"string"},"message":{"type":"string"},
        "remedy":{"type":"string"}}}}}},
        "Alive":{"type":"object","required":["status"],"properties":{"status":{"const":"ok"}}},
        "Ready":{"type":"object","required":["ready","reasons"],"properties":{"ready":{"type":"boolean"},
        "reasons":{"$ref":"#/components/schemas/Texts"},"schema":{"type":"string"},
        "server_version":{"type":"integer"}}},
        "Version":{"type":"object","required":["name","version","schema_version"],"properties":{
        "name":{"const":"tusk"},"version":{"type":"string"},"schema_version":{"type":"integer"}}}
        """##
}
