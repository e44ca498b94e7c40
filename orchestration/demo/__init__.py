"""The demonstration deposit: what the observatory would receive if the whole of Bretagne were sending.

    python -m orchestration.demo        ECHELLE=0.02 ANNEES=2 GRAINE=2013 OBSERVATOIRE_HOME=var

It writes `depot/<source>/…` in the real formats of the six platforms and of the returns, from templates of its own,
and imports nothing of `orchestration.ingest`: a mistake shared by the reader and the writer would prove nothing. Same
parameters, same bytes: random numbers are seeded domain by domain, archives carry no date, and the last month is
always October 2026, extracted on 20 November, whatever the clock says.

Beside the deposit, `demonstration/` holds what should be found in it, written from the generator's own state:

- `verite.csv` (siren, mois, grandeur, modalite, nombre): sums by month; modality `ensemble` when there is no other;
- `fichiers.csv` (sha256, source, chemin, statut_attendu): every file dropped, which is how the landing knows them;
- `defauts.csv` (sha256, source, nom_fichier, ligne, code_attendu): the anomalies that must be told, and no other;
- `parametres.csv`: what the deposit was made with.

What the truth counts, and in which month:

- `actes_transmis`, `actes_acquittes` (acknowledged, and not cancelled since), by nature `1` to `6`, and
  `actes_annules`, `actes_avec_echange` (the prefecture wrote about them), `actes_deferes`: the month of decision;
- `consultations_mises_en_ligne`, `retraits_electroniques`, `retraits_papier`, `plis_electroniques`, `plis_papier`: the
  month of publication online, with the counts of the last export that tells them;
- `marches_notifies`, `marches_montant_initial_eur`, `marches_montant_eur` (after the last modification),
  `marches_modifications`: the month of notification; `concessions_signees`, `concessions_montant_eur`…: of signature;
- `pes_flux`, `pes_mandats`, `pes_titres`, `pes_bordereaux`, `pes_bordereaux_signes`, `pes_pieces_signees`, `pes_pj`,
  `pes_pj_dematerialisees`, over all flows (`ensemble`) and by fate (`accepte`, `partiel`, `rejete`, `sans_acquit`), and
  `pes_flux_rejetes`: the month of the flow's header. A flow signed as a whole has all its bordereaux signed; a refused
  flow sent again under another name is two flows;
- `evenements_suivis` (modality: the obligation prepared, or `aucune`, and the day), `participants` (people, where they
  were counted): the month of the event; `tickets`, by service: the month they were opened in;
- `archives_transferts`, `archives_transferts_acceptes`, `archives_transferts_rejetes`, `archives_objets_acceptes`,
  `archives_octets_acceptes`: the month of the transfer;
- `retour`, by code: the value retained after corrections; absent when it was not returned, left empty, or `NC`.

Choices:

- Who: every commune, EPCI, department, the region and the syndicates of seeds/referentiel, and six invented bodies
  (hospitals, lycées, social landlords: `demonstration` in their names), which no Breton rate may count.
- How much: ECHELLE 1 is the volume of Bretagne (280 000 transmissible acts, 8 000 tenders, 10 000 contracts a year).
  Smaller scales thin out acts, tenders and contracts, and take fewer senders of accounting flows and of archives, since
  those are one file each. The default, 0.05 over two years, is some 4 000 files and 290 000 records, most of which
  are values of returns: four collectivités in five answer for each process.
- Sizes: population to a power slightly above one, times a log-normal noise, so that the largest 1 % make about 40 % of
  the acts. June and December are high, August is low, budgets are voted in spring.
- Adoption: a logistic curve per collectivité and process, lifted by the law (tenders in October 2018, acts of the
  larger collectivités in August 2020, invoices in January 2020); small ones come behind, departments differ a little.
- Order: acknowledgements come in later archives, extracts and exports come again with newer counts, contracts come
  again with their modifications, corrections have a higher version. Whatever would come after 20 November is missing.
- Returns: one file per collectivité and year for most, some per half-year or quarter; about one in five is missing in
  any month, more in the last ones. Those who do not send flows, archives or tenders declare 0, or what they did on
  paper, so that the territory's rates rise as `adoption.TAUX_VISES` says: in two years from 85 to 95 % for tenders,
  from 55 to 75 % for signed bordereaux, from 15 to 35 % for archived files. Totals declared are never below what the
  platforms saw. Small communes count their closed files once a quarter and write what they have; in the
  first quarter of each year the form asks everything of all, zeros included.
"""
