-- Counting what waits in each queue, and the nearest end of a clock there, without reading the cases.
CREATE INDEX review_case_count ON review_case (queue, state, id) WHERE state IN ('waiting', 'escalated', 'proposed');
CREATE INDEX review_case_queue_due ON review_case (queue, due_at, state)
    WHERE state IN ('waiting', 'escalated', 'proposed') AND due_at IS NOT NULL;
