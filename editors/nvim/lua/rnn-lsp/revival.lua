-- Brings back a server that died: killed for memory, or by a bug. One that dies again and again stays dead.
local client_of = require("rnn-lsp.client")
local M = {}

local LIMIT, WITHIN_MS = 3, 180 * 1000

---@type table<integer, { config: vim.lsp.ClientConfig, buffers: table<integer, true> }> by client id
local known = {}
local deaths = {}

---Remembers where a client is attached: when it has died nobody can tell.
---@param client vim.lsp.Client
---@param buffer integer
function M.attached(client, buffer)
  local entry = known[client.id] or { config = client.config, buffers = {} }
  entry.buffers[buffer] = true
  known[client.id] = entry
end

---The client's `on_exit`.
function M.ended(code, signal, id)
  local entry = known[id]
  known[id] = nil
  -- Zero is how a server ends that was asked to, and 15 how one does that did not listen.
  local is_meant = code == 0 and signal == 0 or signal == 15
  if not entry or is_meant then
    return
  end
  local now = vim.uv.now()
  deaths = vim.tbl_filter(function(time)
    return now - time < WITHIN_MS
  end, deaths)
  deaths[#deaths + 1] = now
  vim.schedule(function()
    require("rnn-lsp.status").forget(id)
    if vim.v.exiting ~= vim.NIL then
      return
    end
    if #deaths > LIMIT then
      vim.notify("rnn-lsp keeps ending and stays off; :RnnLsp restart tries again", vim.log.levels.WARN)
      M.fallen = { id = id, entry = entry }
      return
    end
    client_of.start_after(id, entry.config, vim.tbl_keys(entry.buffers))
  end)
end

---Starts again what was given up; whether there was anything.
function M.retry()
  local fallen = M.fallen
  M.fallen, deaths = nil, {}
  if fallen then
    client_of.start_after(fallen.id, fallen.entry.config, vim.tbl_keys(fallen.entry.buffers))
  end
  return fallen ~= nil
end

return M
