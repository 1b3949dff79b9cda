// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IMarket} from "./IMarket.sol";
import {StreamId, Verdict} from "../src/types/Types.sol";

/// A wallet that is a contract: signs through its owner's key (ERC-1271).
contract Wallet1271 is IERC1271 {
    address private immutable _owner;

    constructor(address owner_) {
        _owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address who, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(hash, signature);
        return problem == ECDSA.RecoverError.NoError && who == _owner ? this.isValidSignature.selector : bytes4(0);
    }
}

/// An arbiter of three of whom two must agree on the very same ruling.
contract TwoOfThree {
    IMarket private _market;
    mapping(address => bool) private _member;
    mapping(bytes32 ruling => mapping(address => bool)) private _said;
    mapping(bytes32 ruling => uint256) private _votes;

    constructor(address[3] memory members) {
        for (uint256 i = 0; i < 3; ++i) {
            _member[members[i]] = true;
        }
    }

    function serve(IMarket market) external {
        require(address(_market) == address(0), "serves already");
        _market = market;
    }

    function rule(StreamId stream, uint32 round, Verdict verdict, bytes32 rulingHash) external {
        require(_member[msg.sender], "not a member");
        bytes32 ruling = keccak256(abi.encode(stream, round, verdict, rulingHash));
        require(!_said[ruling][msg.sender], "said already");
        _said[ruling][msg.sender] = true;
        if (++_votes[ruling] == 2) _market.rule(stream, round, verdict, rulingHash);
    }
}

/// An arbiter that hears the ruling of a court elsewhere, as ERC-792 courts give it: a number per dispute.
contract CourtAdapter {
    address private immutable _court;
    IMarket private _market;
    mapping(uint256 dispute => StreamId) private _stream;
    mapping(uint256 dispute => uint32) private _round;
    uint256 private _disputes;

    constructor(address court) {
        _court = court;
    }

    function serve(IMarket market) external {
        require(address(_market) == address(0), "serves already");
        _market = market;
    }

    function open(StreamId stream, uint32 round) external returns (uint256 dispute) {
        dispute = ++_disputes;
        (_stream[dispute], _round[dispute]) = (stream, round);
    }

    /// 1 to 4 are the market's verdicts in their order, 0 is the court's refusal to rule: then the review lapses.
    function rule(uint256 dispute, uint256 ruling) external {
        require(msg.sender == _court, "not the court");
        if (ruling == 0) return;
        _market.rule(_stream[dispute], _round[dispute], Verdict(uint8(ruling)), bytes32(dispute));
    }
}

/// A token of other decimals.
contract SmallToken is ERC20 {
    uint8 private immutable _decimals;

    constructor(uint8 decimals_) ERC20("Small", "SMALL") {
        _decimals = decimals_;
        _mint(msg.sender, 1e33);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}

/// A token that keeps 1 % of each transfer.
contract TollToken is ERC20 {
    constructor() ERC20("Toll", "TOLL") {
        _mint(msg.sender, 1e27);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// A token whose balances can all be halved or doubled.
contract RebasingToken is ERC20 {
    uint256 private _num = 1;
    uint256 private _den = 1;

    constructor() ERC20("Rebasing", "REB") {
        _mint(msg.sender, 1e27);
    }

    function rebase(uint256 num, uint256 den) external {
        (_num, _den) = (num, den);
    }

    function balanceOf(address who) public view override returns (uint256) {
        return super.balanceOf(who) * _num / _den;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, from == address(0) ? value : value * _den / _num);
    }
}

/// A token that calls its sender and its receiver, as ERC-777 does.
contract CallingToken is ERC20 {
    mapping(address => bool) private _listens;

    constructor() ERC20("Calling", "CALL") {
        _mint(msg.sender, 1e27);
    }

    function listen() external {
        _listens[msg.sender] = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_listens[from]) Robber(from).onTransfer();
        super._update(from, to, value);
        if (_listens[to]) Robber(to).onTransfer();
    }
}

/// Somebody who, whenever his tokens move, tries a call.
contract Robber {
    address private immutable _market;
    address private _target;
    bytes private _try;
    bool public worked;
    bytes public why;

    constructor(address market, CallingToken token) {
        _market = market;
        token.listen();
        token.approve(market, type(uint256).max);
    }

    function onNextTransfer(address target, bytes calldata call_) external {
        _target = target;
        _try = call_;
        worked = false;
        why = "";
    }

    function act(bytes calldata call_) external returns (bool ok) {
        (ok,) = _market.call(call_);
    }

    function onTransfer() external {
        if (_try.length == 0) return;
        bytes memory call_ = _try;
        _try = "";
        (worked, why) = _target.call(call_);
    }
}

/// Somebody who refuses to be paid.
contract Refuser {
    constructor(CallingToken token) {
        token.listen();
    }

    function onTransfer() external pure {
        revert("no");
    }
}
