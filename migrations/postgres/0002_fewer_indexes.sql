-- No query asks for verdicts by their outcome; every insertion paid for the index.
DROP INDEX verdict_outcome;
