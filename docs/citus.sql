-- Distributes the tables of a Jobwright by team over the nodes of a Citus cluster. docs/scaling.md says what that means, and what to
-- mind. Run it once, on the coordinator, on a database that the server has brought to its newest schema, while no server runs:
--
--   psql --set ON_ERROR_STOP=1 --single-transaction --file docs/citus.sql "$JOBWRIGHT_DATABASE_URL"

-- Runs stay on the coordinator, the steps that they are of do not. Whatever deletes steps deletes their runs, too.
alter table job_runs drop constraint job_runs_step;

-- On every node: who calls, what it may do, and what tables of teams point to.
select create_reference_table('users');
select create_reference_table('teams');
select create_reference_table('memberships');
select create_reference_table('groups');
select create_reference_table('group_members');
select create_reference_table('tokens');

-- On the coordinator: what is asked over all teams, what has to keep an order over all transactions, and what only logins ask for.
select citus_add_local_table_to_metadata('change_tokens');
select citus_add_local_table_to_metadata('login_failures');
select citus_add_local_table_to_metadata('signing_keys');
select citus_add_local_table_to_metadata('audit_events');
select citus_add_local_table_to_metadata('events');
select citus_add_local_table_to_metadata('webhooks');
select citus_add_local_table_to_metadata('event_webhooks');
select citus_add_local_table_to_metadata('webhook_deliveries');
select citus_add_local_table_to_metadata('job_runs');

-- By team: all rows of a team lie on one node. Whatever a foreign key points to comes before it.
select create_distributed_table('attributes', 'team_id', colocate_with => 'none');
select create_distributed_table('attribute_values', 'team_id', colocate_with => 'attributes');
select create_distributed_table('tags', 'team_id', colocate_with => 'attributes');
select create_distributed_table('categories', 'team_id', colocate_with => 'attributes');
select create_distributed_table('icons', 'team_id', colocate_with => 'attributes');
select create_distributed_table('metadata_definitions', 'team_id', colocate_with => 'attributes');
select create_distributed_table('metadata_options', 'team_id', colocate_with => 'attributes');
select create_distributed_table('sheet_sets', 'team_id', colocate_with => 'attributes');
select create_distributed_table('sheet_definitions', 'team_id', colocate_with => 'attributes');
select create_distributed_table('sheets', 'team_id', colocate_with => 'attributes');
select create_distributed_table('sheet_cells', 'team_id', colocate_with => 'attributes');
select create_distributed_table('file_bodies', 'team_id', colocate_with => 'attributes');
select create_distributed_table('file_chunks', 'team_id', colocate_with => 'attributes');
select create_distributed_table('file_uploads', 'team_id', colocate_with => 'attributes');
select create_distributed_table('documents', 'team_id', colocate_with => 'attributes');
select create_distributed_table('step_nodes', 'team_id', colocate_with => 'attributes');
select create_distributed_table('step_titles', 'team_id', colocate_with => 'attributes');
select create_distributed_table('templates', 'team_id', colocate_with => 'attributes');
select create_distributed_table('template_entries', 'team_id', colocate_with => 'attributes');
select create_distributed_table('template_locks', 'team_id', colocate_with => 'attributes');
select create_distributed_table('template_texts', 'team_id', colocate_with => 'attributes');
select create_distributed_table('template_tags', 'team_id', colocate_with => 'attributes');
select create_distributed_table('template_metadata', 'team_id', colocate_with => 'attributes');
select create_distributed_table('jobs', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_steps', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_history', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_holds', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_comments', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_attachments', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_locations', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_property_rows', 'team_id', colocate_with => 'attributes');
select create_distributed_table('job_texts', 'team_id', colocate_with => 'attributes');
select create_distributed_table('create_requests', 'team_id', colocate_with => 'attributes');
