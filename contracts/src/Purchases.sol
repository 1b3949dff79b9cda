// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IPurchases} from "./interfaces/IPurchases.sol";
import {Errors} from "./libraries/Errors.sol";
import {Streams} from "./Streams.sol";
import {OperatorId, StreamId, PurchaseId, Stream, StreamState, Purchase, PurchaseState, Claim} from "./types/Types.sol";

/// @title Purchases
/// @notice See IPurchases.
abstract contract Purchases is IPurchases, Streams {
    bytes32 private constant SETTLEMENT =
        keccak256("Settlement(uint64 operator,bytes32 claimsHash,bytes32 root,uint40 deadline)");

    uint64 private _purchaseCount;

    /// @dev Sums of one batch, credited when the owner changes and at the end: one storage write per owner, not per
    /// claim.
    struct Batch {
        address owner;
        uint256 ownerGross; // of that owner's readings, not credited yet
        uint256 gross; // of all readings
    }

    function _checkBuyer(PurchaseId purchase) private view {
        address buyer = _purchases[purchase].buyer;
        if (msg.sender != buyer) revert Errors.Purchases_NotBuyer(buyer, msg.sender);
    }

    /// @inheritdoc IPurchases
    function buy(
        StreamId stream,
        uint32 duration,
        uint256 maxTotal,
        bytes32 terms,
        address beneficiary,
        bytes32 routeHash
    ) external nonReentrant whenNotPaused onlyOpen(stream) returns (PurchaseId purchase) {
        Stream storage s = _streams[stream];
        address buyer = beneficiary == address(0) ? msg.sender : beneficiary;
        if (s.restricted && !isAllowed(stream, buyer)) revert Errors.Purchases_NotAllowed(buyer);
        if (duration == 0 || duration < s.minDuration || duration > _maxTerm) {
            revert Errors.Purchases_BadDuration(s.minDuration, _maxTerm, duration);
        }
        if (terms != s.terms) revert Errors.Purchases_TermsChanged(s.terms, terms);
        Purchase memory p;
        p.buyer = buyer;
        p.stream = stream;
        p.start = uint40(block.timestamp);
        p.end = p.start + duration;
        p.price = s.price;
        p.interval = s.interval;
        p.quota = _quota(duration, s.interval);
        p.state = PurchaseState.Active;
        p.termsTag = bytes7(terms);
        uint256 total = uint256(p.quota) * p.price * MICRO;
        if (total > maxTotal) revert Errors.Purchases_TooDear(maxTotal, total);

        if (p.end > s.lastEnd) s.lastEnd = p.end;
        purchase = _record(p, routeHash);
        _pull(total);
    }

    function _record(Purchase memory p, bytes32 routeHash) private returns (PurchaseId purchase) {
        purchase = PurchaseId.wrap(++_purchaseCount);
        _purchases[purchase] = p;
        emit Purchased(purchase, p.stream, p.buyer, p.start, p.end, p.price, p.interval, p.quota, routeHash);
    }

    /// @dev Readings a duration may cost at most: one per interval begun. Rounded up: the buyer escrows it, and gets
    /// back what is not delivered.
    function _quota(uint256 duration, uint256 interval) private pure returns (uint32) {
        return uint32((duration + interval - 1) / interval);
    }

    /// @inheritdoc IPurchases
    function extend(PurchaseId purchase, uint32 duration, uint256 maxTotal) external nonReentrant whenNotPaused {
        _checkBuyer(purchase);
        Purchase storage p = _purchases[purchase];
        Stream storage s = _streams[p.stream];
        _checkRunning(p);
        _checkOpen(p.stream);
        if (s.price != p.price) revert Errors.Purchases_OfferChanged(p.price, s.price);
        if (s.interval != p.interval) revert Errors.Purchases_OfferChanged(p.interval, s.interval);
        if (bytes7(s.terms) != p.termsTag) revert Errors.Purchases_TermsChanged(p.termsTag, s.terms);
        if (s.restricted && !isAllowed(p.stream, p.buyer)) revert Errors.Purchases_NotAllowed(p.buyer);
        uint40 end = p.end + duration;
        if (duration == 0 || end > block.timestamp + _maxTerm) {
            revert Errors.Purchases_BadDuration(1, block.timestamp + _maxTerm - p.end, duration);
        }
        uint32 quota = _quota(end - p.start, p.interval);
        uint256 total = uint256(quota - p.quota) * p.price * MICRO;
        if (total > maxTotal) revert Errors.Purchases_TooDear(maxTotal, total);
        p.end = end;
        p.quota = quota;
        if (end > s.lastEnd) s.lastEnd = end;
        emit Extended(purchase, end, quota);
        _pull(total);
    }

    function _checkRunning(Purchase storage p) private view {
        if (p.state != PurchaseState.Active) revert Errors.Purchases_BadState(PurchaseState.Active, p.state);
        if (block.timestamp >= p.end) revert Errors.Purchases_Over(p.end, block.timestamp);
    }

    /// @inheritdoc IPurchases
    function cancel(PurchaseId purchase) external {
        _checkBuyer(purchase);
        Purchase storage p = _purchases[purchase];
        _checkRunning(p);
        p.end = uint40(block.timestamp);
        emit Cancelled(purchase, p.end);
    }

    /// @inheritdoc IPurchases
    function settle(OperatorId operator, Claim[] calldata claims, bytes32 root) external {
        address signer = _operators[operator].signer;
        if (msg.sender != signer) revert Errors.Purchases_NotSigner(signer, msg.sender);
        _settle(operator, claims, root);
    }

    /// @inheritdoc IPurchases
    function settleSigned(
        OperatorId operator,
        Claim[] calldata claims,
        bytes32 root,
        uint40 deadline,
        bytes calldata sig
    ) external {
        if (block.timestamp > deadline) {
            revert Errors.Purchases_ClaimExpired(deadline, block.timestamp);
        }
        address signer = _operators[operator].signer;
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(SETTLEMENT, operator, keccak256(abi.encode(claims)), root, deadline))
        );
        if (signer == address(0) || !SignatureChecker.isValidSignatureNowCalldata(signer, digest, sig)) {
            revert Errors.Purchases_BadSignature(signer);
        }
        _settle(operator, claims, root);
    }

    /// @dev Moves credits only: no call leaves the contract.
    function _settle(OperatorId operator, Claim[] calldata claims, bytes32 root) private {
        Batch memory batch;
        for (uint256 i = 0; i < claims.length; ++i) {
            _claim(operator, claims[i], batch);
        }
        _payOwner(batch);
        if (batch.gross != 0) {
            _credits[_operators[operator].payout] += batch.gross / 10;
            _credits[_platform] += batch.gross / 10;
        }
        emit SettlementRoot(operator, root);
    }

    function _claim(OperatorId operator, Claim calldata c, Batch memory batch) private {
        PurchaseId id = c.purchase;
        Purchase memory p = _purchases[id]; // two words, each read once
        Stream storage s = _streams[p.stream];
        (address owner_, OperatorId of_, StreamState state) = (s.owner, s.operator, s.state); // one word
        // A purchase that does not exist is of stream 0 and operator 0, who has no signer: it ends here too.
        if (OperatorId.unwrap(of_) != OperatorId.unwrap(operator)) {
            revert Errors.Purchases_WrongOperator(OperatorId.unwrap(operator), OperatorId.unwrap(of_));
        }
        if (
            p.state != PurchaseState.Active || state == StreamState.Review || state == StreamState.Slashed
                || _pastWindow(p.end, s)
        ) {
            emit ClaimSkipped(id);
            return;
        }
        uint32 delivered = c.delivered;
        if (delivered > p.delivered) {
            _checkCap(id, delivered, p);
            _purchases[id].delivered = delivered;
            // Cannot overflow: 32 + 40 + 40 bits; nor can the sums, which are below the token's supply.
            unchecked {
                uint256 gross = uint256(delivered - p.delivered) * p.price * MICRO;
                emit Settled(id, delivered, gross);
                _share(owner_, gross, batch);
            }
        }
        if (c.last && block.timestamp >= p.end) _refund(id, _purchases[id]);
    }

    /// @dev A claim may count one reading per interval begun, and no more than was escrowed.
    function _checkCap(PurchaseId id, uint32 delivered, Purchase memory p) private view {
        if (delivered > p.quota) revert Errors.Purchases_AboveQuota(PurchaseId.unwrap(id), p.quota, delivered);
        uint256 until = block.timestamp < p.end ? block.timestamp : p.end;
        unchecked {
            // A purchase starts before it ends, and before now.
            uint256 rate = (until - p.start) / p.interval + 1;
            if (delivered > rate) revert Errors.Purchases_AboveRate(PurchaseId.unwrap(id), rate, delivered);
        }
    }

    function _share(address owner_, uint256 gross, Batch memory batch) private {
        if (batch.owner != owner_) {
            _payOwner(batch);
            batch.owner = owner_;
            batch.ownerGross = 0;
        }
        unchecked {
            batch.ownerGross += gross;
            batch.gross += gross;
        }
    }

    /// @dev Sums are multiples of ten million million wei (the price of 10), so the split leaves no dust.
    function _payOwner(Batch memory batch) private {
        if (batch.ownerGross != 0) _credits[batch.owner] += batch.ownerGross / 10 * 8;
    }

    /// @dev A review stops the clock: the operator has the full window after it.
    function _pastWindow(uint40 end, Stream storage s) private view returns (bool) {
        unchecked {
            if (block.timestamp < uint256(end) + _claimWindow) return false; // 40 bits each
        }
        return block.timestamp >= _windowEnd(end, s);
    }

    function _windowEnd(uint40 end, Stream storage s) private view returns (uint256) {
        uint40 from = s.resumedAt > end ? s.resumedAt : end;
        return uint256(from) + _claimWindow;
    }

    /// @inheritdoc IPurchases
    function finish(PurchaseId purchase) external {
        Purchase storage p = _purchases[purchase];
        if (p.state != PurchaseState.Active) revert Errors.Purchases_BadState(PurchaseState.Active, p.state);
        Stream storage s = _streams[p.stream];
        StreamState state = s.state;
        if (state == StreamState.Review) revert Errors.Streams_BadState(StreamState.Open, state);
        if (state != StreamState.Slashed) {
            uint256 from = _windowEnd(p.end, s);
            if (block.timestamp < from) revert Errors.Purchases_NotOver(from, block.timestamp);
        }
        _refund(purchase, p);
    }

    /// @dev The only way out of Active: what was not paid goes to the buyer.
    function _refund(PurchaseId purchase, Purchase storage p) private {
        uint256 rest = uint256(p.quota - p.delivered) * p.price * MICRO;
        p.state = PurchaseState.Closed;
        if (rest != 0) _credits[p.buyer] += rest;
        emit Finished(purchase, p.delivered, rest);
    }

    /// @inheritdoc IPurchases
    function withdraw(address account) external nonReentrant {
        uint256 amount = _credits[account];
        if (amount == 0) revert Errors.Market_NothingToWithdraw(account);
        _credits[account] = 0;
        emit Withdrawn(account, account, amount);
        _push(account, amount);
    }

    /// @inheritdoc IPurchases
    function getPurchase(PurchaseId purchase) external view returns (Purchase memory) {
        return _purchases[purchase];
    }

    /// @inheritdoc IPurchases
    function purchaseCount() external view returns (uint64) {
        return _purchaseCount;
    }

    /// @inheritdoc IPurchases
    function credit(address account) external view returns (uint256) {
        return _credits[account];
    }
}
