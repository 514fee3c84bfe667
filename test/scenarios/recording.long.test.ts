// Everything that is asked of the whole recording, on one house. Order matters: the questions close its raw store last.
import './recorded-facts.ts'
import './recorded-questions.ts'
