// How the search ranks pages. The first lines are Sphinx's own; `score` puts what tells how to do something
// before what lists names, since a word such as "knee" stands on a hundred pages.
const WHERE = { "how-to": 4, guides: 4, auto_gallery: 3, checks: 2, reference: 1 };
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score: ([page, , , , score]) => score + (WHERE[page.split("/")[0]] ?? 0),
};
