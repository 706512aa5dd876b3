#include "tusk_sql.h"

// Each file of sql/, embedded by C23's #embed, with a NUL behind it. TuskStoreTests compares the list with the directory.

static const unsigned char migration_0001_job_life[] = {
#embed "../../sql/migrations/0001_job_life.sql" suffix(, 0)
};

static const unsigned char migration_0002_records[] = {
#embed "../../sql/migrations/0002_records.sql" suffix(, 0)
};

static const unsigned char migration_0003_partitions[] = {
#embed "../../sql/migrations/0003_partitions.sql" suffix(, 0)
};

static const unsigned char migration_0004_reading[] = {
#embed "../../sql/migrations/0004_reading.sql" suffix(, 0)
};

static const unsigned char migration_0005_enqueue_functions[] = {
#embed "../../sql/migrations/0005_enqueue_functions.sql" suffix(, 0)
};

static const unsigned char migration_0006_lease_functions[] = {
#embed "../../sql/migrations/0006_lease_functions.sql" suffix(, 0)
};

static const unsigned char migration_0007_migration_comments[] = {
#embed "../../sql/migrations/0007_migration_comments.sql" suffix(, 0)
};

static const unsigned char query_beat_scheduler[] = {
#embed "../../sql/queries/beat_scheduler.sql" suffix(, 0)
};

static const unsigned char query_beat_worker[] = {
#embed "../../sql/queries/beat_worker.sql" suffix(, 0)
};

static const unsigned char query_cancel_job[] = {
#embed "../../sql/queries/cancel_job.sql" suffix(, 0)
};

static const unsigned char query_claim_alone_job[] = {
#embed "../../sql/queries/claim_alone_job.sql" suffix(, 0)
};

static const unsigned char query_claim_jobs[] = {
#embed "../../sql/queries/claim_jobs.sql" suffix(, 0)
};

static const unsigned char query_create_migration_table[] = {
#embed "../../sql/queries/create_migration_table.sql" suffix(, 0)
};

static const unsigned char query_create_schema[] = {
#embed "../../sql/queries/create_schema.sql" suffix(, 0)
};

static const unsigned char query_drain_worker[] = {
#embed "../../sql/queries/drain_worker.sql" suffix(, 0)
};

static const unsigned char query_drop_day_partitions[] = {
#embed "../../sql/queries/drop_day_partitions.sql" suffix(, 0)
};

static const unsigned char query_drop_job_partition[] = {
#embed "../../sql/queries/drop_job_partition.sql" suffix(, 0)
};

static const unsigned char query_elect_leader[] = {
#embed "../../sql/queries/elect_leader.sql" suffix(, 0)
};

static const unsigned char query_enqueue_jobs[] = {
#embed "../../sql/queries/enqueue_jobs.sql" suffix(, 0)
};

static const unsigned char query_find_migration_table[] = {
#embed "../../sql/queries/find_migration_table.sql" suffix(, 0)
};

static const unsigned char query_fire_tick[] = {
#embed "../../sql/queries/fire_tick.sql" suffix(, 0)
};

static const unsigned char query_list_api_keys[] = {
#embed "../../sql/queries/list_api_keys.sql" suffix(, 0)
};

static const unsigned char query_list_jobs[] = {
#embed "../../sql/queries/list_jobs.sql" suffix(, 0)
};

static const unsigned char query_list_queues[] = {
#embed "../../sql/queries/list_queues.sql" suffix(, 0)
};

static const unsigned char query_list_schedules[] = {
#embed "../../sql/queries/list_schedules.sql" suffix(, 0)
};

static const unsigned char query_list_ticks[] = {
#embed "../../sql/queries/list_ticks.sql" suffix(, 0)
};

static const unsigned char query_list_workers[] = {
#embed "../../sql/queries/list_workers.sql" suffix(, 0)
};

static const unsigned char query_lock_idempotency_keys[] = {
#embed "../../sql/queries/lock_idempotency_keys.sql" suffix(, 0)
};

static const unsigned char query_lock_migrations[] = {
#embed "../../sql/queries/lock_migrations.sql" suffix(, 0)
};

static const unsigned char query_make_partitions[] = {
#embed "../../sql/queries/make_partitions.sql" suffix(, 0)
};

static const unsigned char query_notify_queues[] = {
#embed "../../sql/queries/notify_queues.sql" suffix(, 0)
};

static const unsigned char query_pause_queue[] = {
#embed "../../sql/queries/pause_queue.sql" suffix(, 0)
};

static const unsigned char query_promote_jobs[] = {
#embed "../../sql/queries/promote_jobs.sql" suffix(, 0)
};

static const unsigned char query_prune_records[] = {
#embed "../../sql/queries/prune_records.sql" suffix(, 0)
};

static const unsigned char query_put_schedule[] = {
#embed "../../sql/queries/put_schedule.sql" suffix(, 0)
};

static const unsigned char query_read_api_key[] = {
#embed "../../sql/queries/read_api_key.sql" suffix(, 0)
};

static const unsigned char query_read_attempts[] = {
#embed "../../sql/queries/read_attempts.sql" suffix(, 0)
};

static const unsigned char query_read_cancels[] = {
#embed "../../sql/queries/read_cancels.sql" suffix(, 0)
};

static const unsigned char query_read_due_schedules[] = {
#embed "../../sql/queries/read_due_schedules.sql" suffix(, 0)
};

static const unsigned char query_read_fleet[] = {
#embed "../../sql/queries/read_fleet.sql" suffix(, 0)
};

static const unsigned char query_read_health[] = {
#embed "../../sql/queries/read_health.sql" suffix(, 0)
};

static const unsigned char query_read_idempotency_keys[] = {
#embed "../../sql/queries/read_idempotency_keys.sql" suffix(, 0)
};

static const unsigned char query_read_job[] = {
#embed "../../sql/queries/read_job.sql" suffix(, 0)
};

static const unsigned char query_read_job_log[] = {
#embed "../../sql/queries/read_job_log.sql" suffix(, 0)
};

static const unsigned char query_read_migrations[] = {
#embed "../../sql/queries/read_migrations.sql" suffix(, 0)
};

static const unsigned char query_read_next_tick[] = {
#embed "../../sql/queries/read_next_tick.sql" suffix(, 0)
};

static const unsigned char query_record_migration[] = {
#embed "../../sql/queries/record_migration.sql" suffix(, 0)
};

static const unsigned char query_record_tick_job[] = {
#embed "../../sql/queries/record_tick_job.sql" suffix(, 0)
};

static const unsigned char query_register_worker[] = {
#embed "../../sql/queries/register_worker.sql" suffix(, 0)
};

static const unsigned char query_remove_schedule[] = {
#embed "../../sql/queries/remove_schedule.sql" suffix(, 0)
};

static const unsigned char query_remove_scheduler[] = {
#embed "../../sql/queries/remove_scheduler.sql" suffix(, 0)
};

static const unsigned char query_remove_worker[] = {
#embed "../../sql/queries/remove_worker.sql" suffix(, 0)
};

static const unsigned char query_rescue_jobs[] = {
#embed "../../sql/queries/rescue_jobs.sql" suffix(, 0)
};

static const unsigned char query_resign_leader[] = {
#embed "../../sql/queries/resign_leader.sql" suffix(, 0)
};

static const unsigned char query_resume_queue[] = {
#embed "../../sql/queries/resume_queue.sql" suffix(, 0)
};

static const unsigned char query_retry_job[] = {
#embed "../../sql/queries/retry_job.sql" suffix(, 0)
};

static const unsigned char query_revoke_api_key[] = {
#embed "../../sql/queries/revoke_api_key.sql" suffix(, 0)
};

static const unsigned char query_settle_jobs[] = {
#embed "../../sql/queries/settle_jobs.sql" suffix(, 0)
};

static const unsigned char query_touch_api_key[] = {
#embed "../../sql/queries/touch_api_key.sql" suffix(, 0)
};

static const unsigned char query_write_api_key[] = {
#embed "../../sql/queries/write_api_key.sql" suffix(, 0)
};

static const unsigned char query_write_idempotency_key[] = {
#embed "../../sql/queries/write_idempotency_key.sql" suffix(, 0)
};

static const unsigned char query_write_job_log[] = {
#embed "../../sql/queries/write_job_log.sql" suffix(, 0)
};

static const unsigned char query_write_progress[] = {
#embed "../../sql/queries/write_progress.sql" suffix(, 0)
};

#define FILE_OF(path, array) {path, array, sizeof(array) - 1}

static const struct tusk_sql_file files[] = {
    FILE_OF("migrations/0001_job_life.sql", migration_0001_job_life),
    FILE_OF("migrations/0002_records.sql", migration_0002_records),
    FILE_OF("migrations/0003_partitions.sql", migration_0003_partitions),
    FILE_OF("migrations/0004_reading.sql", migration_0004_reading),
    FILE_OF("migrations/0005_enqueue_functions.sql", migration_0005_enqueue_functions),
    FILE_OF("migrations/0006_lease_functions.sql", migration_0006_lease_functions),
    FILE_OF("migrations/0007_migration_comments.sql", migration_0007_migration_comments),
    FILE_OF("queries/beat_scheduler.sql", query_beat_scheduler),
    FILE_OF("queries/beat_worker.sql", query_beat_worker),
    FILE_OF("queries/cancel_job.sql", query_cancel_job),
    FILE_OF("queries/claim_alone_job.sql", query_claim_alone_job),
    FILE_OF("queries/claim_jobs.sql", query_claim_jobs),
    FILE_OF("queries/create_migration_table.sql", query_create_migration_table),
    FILE_OF("queries/create_schema.sql", query_create_schema),
    FILE_OF("queries/drain_worker.sql", query_drain_worker),
    FILE_OF("queries/drop_day_partitions.sql", query_drop_day_partitions),
    FILE_OF("queries/drop_job_partition.sql", query_drop_job_partition),
    FILE_OF("queries/elect_leader.sql", query_elect_leader),
    FILE_OF("queries/enqueue_jobs.sql", query_enqueue_jobs),
    FILE_OF("queries/find_migration_table.sql", query_find_migration_table),
    FILE_OF("queries/fire_tick.sql", query_fire_tick),
    FILE_OF("queries/list_api_keys.sql", query_list_api_keys),
    FILE_OF("queries/list_jobs.sql", query_list_jobs),
    FILE_OF("queries/list_queues.sql", query_list_queues),
    FILE_OF("queries/list_schedules.sql", query_list_schedules),
    FILE_OF("queries/list_ticks.sql", query_list_ticks),
    FILE_OF("queries/list_workers.sql", query_list_workers),
    FILE_OF("queries/lock_idempotency_keys.sql", query_lock_idempotency_keys),
    FILE_OF("queries/lock_migrations.sql", query_lock_migrations),
    FILE_OF("queries/make_partitions.sql", query_make_partitions),
    FILE_OF("queries/notify_queues.sql", query_notify_queues),
    FILE_OF("queries/pause_queue.sql", query_pause_queue),
    FILE_OF("queries/promote_jobs.sql", query_promote_jobs),
    FILE_OF("queries/prune_records.sql", query_prune_records),
    FILE_OF("queries/put_schedule.sql", query_put_schedule),
    FILE_OF("queries/read_api_key.sql", query_read_api_key),
    FILE_OF("queries/read_attempts.sql", query_read_attempts),
    FILE_OF("queries/read_cancels.sql", query_read_cancels),
    FILE_OF("queries/read_due_schedules.sql", query_read_due_schedules),
    FILE_OF("queries/read_fleet.sql", query_read_fleet),
    FILE_OF("queries/read_health.sql", query_read_health),
    FILE_OF("queries/read_idempotency_keys.sql", query_read_idempotency_keys),
    FILE_OF("queries/read_job.sql", query_read_job),
    FILE_OF("queries/read_job_log.sql", query_read_job_log),
    FILE_OF("queries/read_migrations.sql", query_read_migrations),
    FILE_OF("queries/read_next_tick.sql", query_read_next_tick),
    FILE_OF("queries/record_migration.sql", query_record_migration),
    FILE_OF("queries/record_tick_job.sql", query_record_tick_job),
    FILE_OF("queries/register_worker.sql", query_register_worker),
    FILE_OF("queries/remove_schedule.sql", query_remove_schedule),
    FILE_OF("queries/remove_scheduler.sql", query_remove_scheduler),
    FILE_OF("queries/remove_worker.sql", query_remove_worker),
    FILE_OF("queries/rescue_jobs.sql", query_rescue_jobs),
    FILE_OF("queries/resign_leader.sql", query_resign_leader),
    FILE_OF("queries/resume_queue.sql", query_resume_queue),
    FILE_OF("queries/retry_job.sql", query_retry_job),
    FILE_OF("queries/revoke_api_key.sql", query_revoke_api_key),
    FILE_OF("queries/settle_jobs.sql", query_settle_jobs),
    FILE_OF("queries/touch_api_key.sql", query_touch_api_key),
    FILE_OF("queries/write_api_key.sql", query_write_api_key),
    FILE_OF("queries/write_idempotency_key.sql", query_write_idempotency_key),
    FILE_OF("queries/write_job_log.sql", query_write_job_log),
    FILE_OF("queries/write_progress.sql", query_write_progress),
};

size_t tusk_sql_file_count(void) {
    return sizeof(files) / sizeof(files[0]);
}

struct tusk_sql_file tusk_sql_file_at(size_t index) {
    return files[index];
}
