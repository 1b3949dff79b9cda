# Every target is one plain command; nothing needs make.
.PHONY: help build release demo test race lint contracts bench ratios chaos soak check cover
help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
build: ## the bridge, static, into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/ ./cmd/dbdao-bridge
release: ## binaries, packages, image, bill of materials and checksums, into dist/ (VERSION=1.2.3)
	go run ./internal/tools/release build $(if $(VERSION),-version $(VERSION))
demo: ## the main job on embedded defaults
	go run ./cmd/dbdao-demo
test: ## the tests that need nothing installed
	go test ./...
race: ## the same under the race detector
	go test -race ./...
lint: ## vet and staticcheck
	go vet ./... && go tool -modfile=tools/go.mod staticcheck ./...
contracts: ## forge format, build, tests, bindings
	contracts/check.sh
bench: ## benchmarks with allocations
	go test -run '^$$' -bench . -benchmem ./...
ratios: ## what a delivered message costs, beside Telegraf and mosquitto (docs/performance.md)
	DBDAO_PEERS=1 .ci/install && go run ./cmd/dbdao-ratios
chaos: ## everything that goes wrong, and what became of the readings: a quarter of an hour on two processors at rest
	.ci/install && go run ./internal/tools/chaos
soak: ## half an hour at rate: memory, goroutines, descriptors and file stay flat (DBDAO_SOAK=10m for less)
	.ci/install && DBDAO_REAL=1 DBDAO_SOAK=$${DBDAO_SOAK:-30m} go test -count=1 -timeout=3h -v -run '^TestSoak$$' ./cmd/dbdao-bridge
check: ## everything CI runs
	.ci/run
cover: ## coverage as a page to look at
	go test -coverprofile=coverage.out ./... && go tool cover -html=coverage.out -o coverage.html
