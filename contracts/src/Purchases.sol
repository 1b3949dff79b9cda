// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPurchases} from "./interfaces/IPurchases.sol";
import {Errors} from "./libraries/Errors.sol";
import {Streams} from "./Streams.sol";
import {OperatorId, StreamId, PurchaseId, Stream, StreamState, Purchase, PurchaseState, Claim} from "./types/Types.sol";

/// @title Purchases
/// @notice See IPurchases.
abstract contract Purchases is IPurchases, Streams {
    bytes32 private constant SETTLEMENT =
        keccak256("Settlement(uint40 operator,bytes32 claimsHash,bytes32 root,uint40 deadline)");

    /// @dev Sums of one batch, credited when the payee changes and at the end: one storage write per payee, not per
    /// claim.
    struct Batch {
        address payee; // of the 80 %: the owner, or the buyer once the stream was slashed
        uint256 payeeGross; // of that payee's readings, not credited yet
        uint256 gross; // of all readings
    }

    function _checkBuyer(PurchaseId purchase) internal view {
        address buyer = _purchases[purchase].buyer;
        if (msg.sender != buyer) revert Errors.Purchases_NotBuyer(buyer, msg.sender);
    }

    function _checkActive(Purchase storage p) private view {
        if (p.state != PurchaseState.Active) revert Errors.Purchases_BadState(PurchaseState.Active, p.state);
    }

    /// @dev The offer is, now, what the caller agreed to.
    function _checkOffer(StreamId stream, uint40 price, uint32 interval, bytes32 terms, address buyer) private view {
        _checkState(stream, StreamState.Open);
        Stream storage s = _streams[stream];
        if (s.price != price) revert Errors.Purchases_OfferChanged(price, s.price);
        if (s.interval != interval) revert Errors.Purchases_OfferChanged(interval, s.interval);
        if (s.terms != terms) revert Errors.Purchases_TermsChanged(terms, s.terms);
        if (s.restricted && !isAllowed(stream, buyer)) revert Errors.Purchases_NotAllowed(buyer);
    }

    /// @inheritdoc IPurchases
    function buy(
        StreamId stream,
        uint32 duration,
        uint40 price,
        uint32 interval,
        bytes32 terms,
        address beneficiary,
        bytes32 routeHash
    ) external nonReentrant whenNotPaused returns (PurchaseId purchase) {
        address buyer = beneficiary == address(0) ? msg.sender : beneficiary;
        _checkPayee(buyer);
        _checkOffer(stream, price, interval, terms, buyer);
        if (duration == 0 || duration > _maxTerm) revert Errors.Purchases_BadDuration(_maxTerm, duration);
        Purchase memory p;
        p.buyer = buyer;
        p.stream = stream;
        p.start = uint40(block.timestamp);
        p.end = p.start + duration;
        p.price = price;
        p.interval = interval;
        p.quota = uint32(_intervals(duration, interval));
        p.state = PurchaseState.Active;
        p.termsTag = bytes8(terms);
        purchase = PurchaseId.wrap(++_purchaseCount);
        _purchases[purchase] = p;
        emit Purchased(purchase, stream, buyer, p.start, p.end, price, interval, p.quota, terms, routeHash, msg.sender);
        _pull(uint256(p.quota) * price * _unit);
    }

    /// @dev Intervals begun in a time: the readings it may cost at most. Rounded up: the buyer escrows it, and gets
    /// back what is not delivered.
    function _intervals(uint256 time, uint256 interval) private pure returns (uint256) {
        unchecked {
            return (time + interval - 1) / interval; // 40 and 32 bits, interval not 0
        }
    }

    /// @inheritdoc IPurchases
    function extend(PurchaseId purchase, uint40 newEnd, bytes32 terms) external nonReentrant whenNotPaused {
        _checkBuyer(purchase);
        Purchase storage p = _purchases[purchase];
        _checkRunning(p);
        _checkOffer(p.stream, p.price, p.interval, terms, p.buyer);
        if (bytes8(terms) != p.termsTag) revert Errors.Purchases_TermsChanged(p.termsTag, terms);
        if (newEnd <= p.end || newEnd > block.timestamp + _maxTerm) revert Errors.Purchases_BadEnd(p.end, newEnd);
        uint32 quota = uint32(_intervals(newEnd - p.start, p.interval));
        uint32 more = quota - p.quota;
        p.end = newEnd;
        p.quota = quota;
        emit Extended(purchase, newEnd, quota);
        _pull(uint256(more) * p.price * _unit);
    }

    function _checkRunning(Purchase storage p) private view {
        _checkActive(p);
        uint40 end = _endOf(p);
        if (block.timestamp >= end) revert Errors.Purchases_Over(end, block.timestamp);
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
        _checkSignature(
            operator, keccak256(abi.encode(SETTLEMENT, operator, keccak256(abi.encode(claims)), root, deadline)), sig
        );
        _settle(operator, claims, root);
    }

    /// @dev Moves credits only: no call leaves the contract.
    function _settle(OperatorId operator, Claim[] calldata claims, bytes32 root) private {
        Batch memory batch;
        for (uint256 i = 0; i < claims.length; ++i) {
            _claim(operator, claims[i], batch);
        }
        _payOut(batch);
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
        (address payee, OperatorId of_, uint40 stopAt, StreamState state, bool unpaid) =
            (s.owner, s.operator, s.stopAt, s.state, s.unpaid); // one word
        // A purchase that does not exist is of stream 0 and operator 0, who has no signer: it ends here too.
        if (OperatorId.unwrap(of_) != OperatorId.unwrap(operator)) {
            revert Errors.Purchases_WrongOperator(OperatorId.unwrap(operator), OperatorId.unwrap(of_));
        }
        uint40 end = _earlier(p.end, stopAt);
        unchecked {
            if (p.state != PurchaseState.Active || unpaid || block.timestamp >= uint256(end) + _claimWindow) {
                emit ClaimSkipped(id);
                return;
            }
        }
        uint256 delivered = _payable(p, end, c.delivered);
        if (delivered > p.delivered) {
            _purchases[id].delivered = uint32(delivered);
            // Cannot overflow: 32 + 40 + 40 bits; nor can the sums, which are below the token's supply.
            unchecked {
                uint256 gross = (delivered - p.delivered) * p.price * _unit;
                emit Settled(id, uint32(delivered), gross);
                _share(state == StreamState.Slashed ? p.buyer : payee, gross, batch);
            }
        }
        if (c.last && block.timestamp >= end) _refund(id, _purchases[id]);
    }

    /// @dev What of a claim is paid: one reading per interval begun. Never above the quota, which is the whole time's.
    function _payable(Purchase memory p, uint40 end, uint256 claimed) private view returns (uint256) {
        unchecked {
            // A purchase starts before it ends, and before now.
            uint256 cap = block.timestamp < end
                ? (block.timestamp - p.start) / p.interval + 1
                : _intervals(end - p.start, p.interval);
            return claimed < cap ? claimed : cap;
        }
    }

    function _share(address payee, uint256 gross, Batch memory batch) private {
        if (batch.payee != payee) {
            _payOut(batch);
            batch.payee = payee;
            batch.payeeGross = 0;
        }
        unchecked {
            batch.payeeGross += gross;
            batch.gross += gross;
        }
    }

    /// @dev Prices are multiples of 10 units, so the split leaves no dust.
    function _payOut(Batch memory batch) private {
        if (batch.payeeGross != 0) _credits[batch.payee] += batch.payeeGross / 10 * 8;
    }

    /// @inheritdoc IPurchases
    function finish(PurchaseId purchase) external {
        Purchase storage p = _purchases[purchase];
        _checkActive(p);
        uint256 from = uint256(_endOf(p)) + _claimWindow;
        if (block.timestamp < from && !_streams[p.stream].unpaid) {
            revert Errors.Purchases_NotOver(from, block.timestamp);
        }
        _refund(purchase, p);
    }

    /// @dev The only way out of Active: what was not paid goes to the buyer.
    function _refund(PurchaseId purchase, Purchase storage p) private {
        uint256 rest = uint256(p.quota - p.delivered) * p.price * _unit;
        p.state = PurchaseState.Closed;
        if (rest != 0) _credits[p.buyer] += rest;
        emit Finished(purchase, p.delivered, rest);
    }

    /// @inheritdoc IPurchases
    function withdraw(address account) external nonReentrant {
        uint256 amount = _credits[account];
        if (amount == 0) revert Errors.Market_NothingToWithdraw(account);
        _credits[account] = 0;
        emit Withdrawn(account, amount);
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
