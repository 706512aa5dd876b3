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
        "until":{"type":"string","format":"date-time"}},"additionalProperties":false},
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
        "NewOperation":{"type":"object","required":["action"],"properties":{"action":{"const":"retry"},
        "filter":{"type":"object"},"dry_run":{"type":"boolean"},"reason":{"type":"string"}}},
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
        "Problem":{"type":"object","required":["type","title","status"],"properties":{"type":{"type":"string"},
        "title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},
        "errors":{"type":"array","items":{"type":"object","required":["code","detail"],"properties":{
        "pointer":{"type":"string"},"parameter":{"type":"string"},"code":{"type":"string"},
        "detail":{"type":"string"}}}}}},
        "JobState":{"type":"object","required":["id","state"],"properties":{"id":{"type":"string"},
        "state":{"type":"string"}}},
        "EnqueuedJob":{"type":"object","required":["id","state"],"properties":{"id":{"type":"string"},
        "state":{"$ref":"#/components/schemas/State"}}},
        "EnqueuedJobs":{"type":"object","required":["jobs"],"properties":{"jobs":{"type":"array","items":{
        "type":"object"}}}},
        "Job":{"type":"object","required":["id","state"],"properties":{"id":{"type":"string"},
        "state":{"$ref":"#/components/schemas/State"},"kind":{"type":"string"},"queue":{"type":"string"},
        "priority":{"type":"integer"},"attempt":{"type":"integer"},"max_attempts":{"type":"integer"},
        "tags":{"type":"array","items":{"type":"string"}},"args":{},"metadata":{"type":"object"},"result":{},
        "created_at":{"type":"string","format":"date-time"},"run_at":{"type":"string","format":"date-time"},
        "started_at":{"type":"string","format":"date-time"},"finished_at":{"type":"string","format":"date-time"},
        "worker":{"type":"string"},"lease":{"type":"string"},"blocked_by":{"type":"string"},
        "reason":{"type":"string"},"error":{"type":"string"}}},
        "Jobs":{"type":"object","required":["jobs"],"properties":{"jobs":{"type":"array","items":{
        "$ref":"#/components/schemas/Job"}},"next_page_token":{"type":"string"}}},
        "Explanation":{"type":"object","required":["runnable","reasons"],"properties":{"runnable":{"type":"boolean"},
        "reasons":{"type":"array","items":{"type":"object","required":["reason","message"],"properties":{
        "reason":{"type":"string"},"message":{"type":"string"},"detail":{"type":"object"}}}}}},
        "Audit":{"type":"object","required":["audit"],"properties":{"audit":{"type":"array","items":{
        "type":"object","required":["id","at","actor_id","actor","action","target_kind","target"]}},
        "next_page_token":{"type":"string"}}},
        "Errors":{"type":"object"},"Operation":{"type":"object"},"Matched":{"type":"object"},
        "Operations":{"type":"object","required":["operations"],"properties":{"operations":{"type":"array","items":{
        "$ref":"#/components/schemas/Operation"}},"next_page_token":{"type":"string"}}},
        "Claimed":{"type":"object","required":["jobs"],"properties":{"lease":{"type":"string"},
        "expires_at":{"type":"string","format":"date-time"},"jobs":{"type":"array","items":{"type":"object"}}}},
        "Beat":{"type":"object"},"Reported":{"type":"object"},"Settled":{"type":"object"},
        "Queues":{"type":"object","required":["queues","count_max"],"properties":{"queues":{"type":"array","items":{
        "type":"object"}},"count_max":{"type":"integer"}}},
        "Limit":{"type":"object","required":["key"],"properties":{"key":{"type":"string"}}},
        "Limits":{"type":"object","required":["limits"],"properties":{"limits":{"type":"array","items":{
        "$ref":"#/components/schemas/Limit"}}}},
        "OrderKeys":{"type":"object","required":["order_keys"],"properties":{"order_keys":{"type":"array","items":{
        "type":"object"}},"next_page_token":{"type":"string"}}},
        "Schedule":{"type":"object","required":["name","cron","time_zone"],"properties":{"name":{"type":"string"},
        "cron":{"type":"string"},"time_zone":{"type":"string"}}},
        "Schedules":{"type":"object","required":["schedules"],"properties":{"schedules":{"type":"array","items":{
        "$ref":"#/components/schemas/Schedule"}},"next_page_token":{"type":"string"}}},
        "Ticks":{"type":"object","required":["ticks"],"properties":{"ticks":{"type":"array","items":{
        "type":"object"}}}},
        "Preview":{"type":"object","required":["words","ticks"],"properties":{"words":{"type":"string"},
        "ticks":{"type":"array","items":{"type":"object"}}}},
        "Workers":{"type":"object","required":["workers"],"properties":{"workers":{"type":"array","items":{
        "type":"object"}}}},
        "Series":{"type":"object","required":["period_seconds","step_seconds","points"],"properties":{
        "period_seconds":{"type":"integer"},"step_seconds":{"type":"integer"},"points":{"type":"array","items":{
        "type":"object"}}}},
        "Findings":{"type":"object","required":["findings"],"properties":{"findings":{"type":"array","items":{
        "type":"object","required":["severity","finding","message","remedy"]}}}}
        """##
}
