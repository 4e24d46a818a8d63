-- Pictures to be looked at closely are many small jobs: they wait in a lane of their own.
ALTER TABLE job ADD COLUMN lane TEXT NOT NULL DEFAULT 'main';
CREATE INDEX job_due_in_lane ON job (lane, state, run_at);
DROP INDEX job_due;
